// `http-streaming`: one endless chunked body, a message a line (wire/lines.h), or with framing=raw the messages and
// nothing else. No heartbeat: neither has anything that is not a message.
#include "reference-server/seam/technique.h"
#include "reference-server/stream/http_stream.h"
#include "wire/http1/target.h"
#include "wire/lines.h"

namespace server {

namespace {

class LineEncoder final : public Encoder {
 public:
  void append(std::string& out, const Message& message) const override {
    wire::lines::append_message(out, message.bytes());
  }
  void append_gap(std::string& out, Gap gap) const override { wire::lines::append_gap(out, gap); }
};

class RawEncoder final : public Encoder {
 public:
  void append(std::string& out, const Message& message) const override { out += message.bytes(); }
  void append_gap(std::string&, Gap) const override {}
  bool has_gap_notice() const override { return false; }
};

constexpr LineEncoder kLines;
constexpr RawEncoder kRaw;

class HttpStreaming final : public StreamTechnique {
 public:
  HttpStreaming(Context& context, TechniqueStats& counters)
      : StreamTechnique(context, counters, {&kLines, &kRaw}, true) {}

 private:
  void append_headers(std::string& out, std::uint64_t cursor) const override {
    out += "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    append_cursor_header(out, cursor);
  }

  // ?framing=raw
  std::optional<std::size_t> choose_encoder(const wire::http1::Request& request, std::string& error) const override {
    std::string framing;
    if (!wire::http1::query_value(request.query, "framing", framing) || framing == "lines") return 0;
    if (framing == "raw") return 1;
    error = "framing=" + in_quotes(framing) + " is neither lines nor raw";
    return std::nullopt;
  }
};

}  // namespace

TechniqueInfo http_streaming_technique() {
  return {
      .name = "http-streaming", .route = "/http-streaming", .make = make_technique<HttpStreaming>, .takes_post = true};
}

}  // namespace server
