// `sse`: Server-Sent Events (HTML Living Standard, section 9.2). `id:` is the message's sequence, so that a browser's
// automatic reconnect resumes where it was. Messages are sent as published: the format is UTF-8, and knows LF as the
// only line end.
#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "reference-server/options.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/http_stream.h"
#include "wire/sse.h"

namespace server {

namespace {

class SseEncoder final : public Encoder {
 public:
  void append(std::string& out, const Message& message) const override {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, message.sequence).ptr;
    wire::sse::append_event(
        out, {.type = {}, .data = message.bytes(), .id = {digits, static_cast<std::size_t>(end - digits)}});
  }
  // Without an id: what was lost must not become the place to resume from.
  void append_gap(std::string& out, Gap gap) const override {
    const std::string data = fmt::format(R"({{"first":{},"last":{}}})", gap.first, gap.last);
    wire::sse::append_event(out, {.type = "gap", .data = data, .id = {}});
  }
};

constexpr SseEncoder kEncoder;

class Sse final : public StreamTechnique {
 public:
  Sse(Context& context, TechniqueStats& counters) : StreamTechnique(context, counters, {&kEncoder}) {
    schedule_heartbeat();
  }

 private:
  void append_heartbeat(std::string& out) const override { wire::sse::append_comment(out, ""); }

  // An EventSource knows no event id before its first event; the header lets a client that reads it resume from there
  // too.
  void append_headers(std::string& out, std::uint64_t cursor) const override {
    out += "Content-Type: text/event-stream\r\nCache-Control: no-cache\r\n";
    append_cursor_header(out, cursor);
  }

  void append_preamble(std::string& out) const override {
    if (!context_.options.retry) return;
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(*context_.options.retry);
    wire::sse::append_retry(out, static_cast<std::uint64_t>(milliseconds.count()));
  }

  // EventSource reconnects to the same URL, so the `after=` in it is where the first connection began; the header is
  // where the last one ended.
  bool refine(const wire::http1::Request& request, Subscription& subscription, std::string& error) const override {
    const Bytes id = request.header("Last-Event-ID");
    if (id.empty()) return true;
    subscription.after = parse_number(id);
    if (!subscription.after) error = "Last-Event-ID " + in_quotes(id) + " is not a sequence number (decimal digits)";
    return subscription.after.has_value();
  }
};

}  // namespace

TechniqueInfo sse_technique() {
  return {.name = "sse", .route = "/sse", .make = make_technique<Sse>};
}

}  // namespace server
