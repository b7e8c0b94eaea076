// `http-streaming`: one endless chunked body, a message a line (wire/lines.h). No heartbeat: the format has no line
// that is not a message.
#include "server/stream.h"
#include "server/techniques.h"
#include "wire/lines.h"

namespace server {

namespace {

class LineDialect final : public Dialect {
 public:
  void append(std::string& out, const Message& message) const override {
    wire::lines::append_message(out, message.bytes());
  }
  void append_gap(std::string& out, Gap gap) const override { wire::lines::append_gap(out, gap); }
};

constexpr LineDialect kDialect;

class HttpStreaming final : public StreamTechnique {
 public:
  HttpStreaming(Context& context, TechniqueStats& counters) : StreamTechnique(context, counters, kDialect) {}

 private:
  void append_headers(std::string& out, std::uint64_t cursor) const override {
    out += "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    append_cursor_header(out, cursor);
  }
};

}  // namespace

std::unique_ptr<Technique> make_http_streaming(Context& context, TechniqueStats& counters) {
  return std::make_unique<HttpStreaming>(context, counters);
}

}  // namespace server
