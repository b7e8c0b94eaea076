// `forever-frame`: an endless HTML page for a hidden iframe, a script a message (wire/forever_frame.h).
#include "wire/forever_frame.h"

#include "server/stream.h"
#include "server/techniques.h"
#include "server/topic.h"

namespace server {

namespace {

class FrameDialect final : public Dialect {
 public:
  void append(std::string& out, const Message& message) const override {
    wire::forever_frame::append_message(out, message.sequence, message.bytes(), message.is_text);
  }
  void append_gap(std::string& out, Gap gap) const override { wire::forever_frame::append_gap(out, gap); }
};

constexpr FrameDialect kDialect;

class ForeverFrame final : public StreamTechnique {
 public:
  ForeverFrame(Context& context, TechniqueStats& counters) : StreamTechnique(context, counters, {&kDialect}) {
    schedule_heartbeat();
  }

 private:
  void append_headers(std::string& out, std::uint64_t cursor) const override {
    out += "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    append_cursor_header(out, cursor);
  }
  void append_preamble(std::string& out) const override { wire::forever_frame::append_preamble(out); }
  void append_heartbeat(std::string& out) const override { out += '\n'; }
};

}  // namespace

std::unique_ptr<Technique> make_forever_frame(Context& context, TechniqueStats& counters) {
  return std::make_unique<ForeverFrame>(context, counters);
}

}  // namespace server
