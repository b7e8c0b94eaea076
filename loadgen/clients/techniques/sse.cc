// Server-Sent Events as an EventSource reads them (HTML Living Standard section 9.2): reconnects with Last-Event-ID
// after the time the server asks for with `retry`, when the network fails or the stream ends. A status other than 200
// (204 is how a server says "enough") and another content type are for good.
#include <algorithm>
#include <charconv>
#include <string>

#include "loadgen/clients/stream_session.h"
#include "loadgen/clients/techniques.h"
#include "wire/sse.h"
#include "wire/text.h"

namespace loadgen {

namespace {

constexpr const char* kRoute = "/sse";

class Sse final : public StreamSession, private wire::sse::Parser::Handler {
 public:
  Sse(Host& host, const SessionConfig& plan, const std::string& topic)
      : StreamSession(host, plan, topic, kRoute), parser_(plan.max_message) {
    parser_.set_last_event_id(plan.last_event_id);
  }

 private:
  Bytes request_headers() override {
    thread_local std::string headers;
    headers = "Accept: text/event-stream\r\nCache-Control: no-cache\r\n";
    if (!parser_.last_event_id().empty()) headers += "Last-Event-ID: " + parser_.last_event_id() + "\r\n";
    return headers;
  }

  std::string_view check(const wire::http1::Response& response) override {
    Bytes type = response.header("Content-Type");
    type = type.substr(0, type.find_first_of("; \t"));  // always UTF-8: a charset parameter means nothing
    return wire::equal_ignoring_case(type, "text/event-stream") ? "" : "the Content-Type is not text/event-stream";
  }

  void refuse(Failure kind, std::string_view detail) override { give_up(kind, detail); }

  void on_stream_start() override { parser_.reset(); }
  void on_content(Bytes piece) override { parser_.feed(piece, *this); }

  void on_event(const wire::sse::Event& event) override {
    if (wire::is(event.type, "gap")) on_gap(event.data);
    received({event.type.empty() ? Bytes("message") : event.type, event.data, event.id});
  }

  void on_gap(Bytes data) {  // {"first":5,"last":9}
    std::uint64_t bounds[2] = {};
    for (std::uint64_t& bound : bounds) {
      const std::size_t digits = data.find_first_of("0123456789");
      if (digits == Bytes::npos) return;
      data.remove_prefix(digits);
      const char* end = std::from_chars(data.data(), data.data() + data.size(), bound).ptr;
      data.remove_prefix(static_cast<std::size_t>(end - data.data()));
    }
    if (bounds[0] <= bounds[1]) lost(bounds[0], bounds[1]);
  }

  void on_filler(std::size_t bytes) override { host_.counts().received.heartbeat += bytes; }

  void on_retry(std::uint64_t milliseconds) override {
    constexpr std::uint64_t kDay = 86'400'000;
    host_.set_retry(std::chrono::milliseconds(std::min(milliseconds, kDay)));
  }

  void on_too_large() override { fail(Failure::kTooLarge, "an event is larger than a message may be"); }

  wire::sse::Parser parser_;
};

}  // namespace

TechniqueInfo sse_technique() {
  return {.name = "sse",
          .rank = 50,
          .kind = TechniqueInfo::Kind::kStream,
          .route = kRoute,
          .description = "EventSource: reads one endless text/event-stream, reconnects with Last-Event-ID",
          .make = make_session<Sse>,
          .manual = {.last_event_id = true}};
}

}  // namespace loadgen
