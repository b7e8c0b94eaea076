// `forever-frame`: an endless HTML page for a hidden iframe, a script a message (wire/forever_frame.h).
#include "wire/forever_frame.h"

#include "reference-server/log/topic.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/http_stream.h"

namespace server {

namespace {

class FrameEncoder final : public Encoder {
 public:
  void append(std::string& out, const Message& message) const override {
    wire::forever_frame::append_message(out, message.sequence, message.bytes(), message.is_text);
  }
  void append_gap(std::string& out, Gap gap) const override { wire::forever_frame::append_gap(out, gap); }
};

constexpr FrameEncoder kEncoder;

class ForeverFrame final : public StreamTechnique {
 public:
  ForeverFrame(Context& context, TechniqueStats& counters) : StreamTechnique(context, counters, {&kEncoder}) {
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

TechniqueInfo forever_frame_technique() {
  return {.name = "forever-frame", .route = "/forever-frame", .make = make_technique<ForeverFrame>};
}

}  // namespace server
