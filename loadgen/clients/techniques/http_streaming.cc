// HTTP streaming: one endless chunked answer, a message a line, or nothing between messages. With a limit the server
// ends the answer after so much, and the client asks again from its cursor on: what pages do against a responseText
// that grows without end.
#include <string>

#include "loadgen/clients/request.h"
#include "loadgen/clients/stream_session.h"
#include "loadgen/clients/techniques.h"
#include "wire/lines.h"
#include "wire/raw.h"

namespace loadgen {

namespace {

constexpr const char* kRoute = "/http-streaming";

enum Option : std::size_t { kMethod, kLimit, kLimitBytes, kFraming, kEncoding, kBody };

class HttpStreaming : public StreamSession {
 protected:
  HttpStreaming(Host& host, const SessionConfig& plan, const std::string& topic)
      : StreamSession(host, plan, topic, kRoute) {}

  void append_query(std::string& query) const override {
    const std::int64_t messages = plan_.options[kLimit].number;
    const std::int64_t bytes = plan_.options[kLimitBytes].number;
    if (messages > 0) query.append("&limit=").append(std::to_string(messages));
    if (bytes > 0) query.append("&limit-bytes=").append(std::to_string(bytes));
  }

 private:
  Bytes request_method() const override { return plan_.options[kMethod].number == 1 ? "POST" : ""; }
  Bytes request_body() const override {
    thread_local std::string body;
    body.clear();
    append_path(body, plan_.options[kBody].text, topic_);
    return body;
  }
  Bytes request_headers() override {
    thread_local std::string headers;
    headers = plan_.options[kEncoding].number == 1 ? "Accept-Encoding: gzip\r\n" : "";
    if (!plan_.options[kBody].text.empty()) headers += "Content-Type: text/plain; charset=utf-8\r\n";
    return headers;
  }
};

class Lines final : public HttpStreaming, private wire::lines::Splitter::Handler {
 public:
  Lines(Host& host, const SessionConfig& plan, const std::string& topic)
      : HttpStreaming(host, plan, topic), splitter_(plan.max_message) {}

 private:
  void on_stream_start() override { splitter_.reset(); }
  void on_content(Bytes piece) override { splitter_.feed(piece, *this); }
  void on_message(Bytes payload) override { received(payload); }
  void on_gap(wire::lines::Gap gap) override { lost(gap.first, gap.last); }
  void on_bad_line(Bytes) override { fail(Failure::kProtocol, "a line that is no message and no notice"); }

  wire::lines::Splitter splitter_;
};

class Raw final : public HttpStreaming, private wire::raw::Splitter::Handler {
 public:
  Raw(Host& host, const SessionConfig& plan, const std::string& topic)
      : HttpStreaming(host, plan, topic), splitter_(plan.max_message) {}

 private:
  void append_query(std::string& query) const override {
    HttpStreaming::append_query(query);
    query += "&framing=raw";
  }
  void on_stream_start() override { splitter_.reset(); }
  void on_content(Bytes piece) override { splitter_.feed(piece, *this); }
  void on_message(Bytes message) override { received(message); }
  void on_too_large() override { fail(Failure::kTooLarge, "a marker tells of more than a message may have"); }

  wire::raw::Splitter splitter_;
};

std::unique_ptr<Session> make(Host& host, const SessionConfig& plan, const std::string& topic) {
  if (plan.options[kFraming].number == 1) return std::make_unique<Raw>(host, plan, topic);
  return std::make_unique<Lines>(host, plan, topic);
}

Traits traits(std::span<const OptionValue> options) {
  return {.footprint = {.connections = 1, .inflaters = options[kEncoding].number == 1 ? 1U : 0U}};
}

std::optional<OptionError> validate(std::span<const OptionValue> options) {
  if (options[kBody].text.empty() || options[kMethod].number == 1) return std::nullopt;
  return OptionError{"body", "only with method: POST"};
}

}  // namespace

TechniqueInfo http_streaming_technique() {
  using Kind = OptionSpec::Kind;
  return {
      .name = "http-streaming",
      .rank = 30,
      .kind = TechniqueInfo::Kind::kStream,
      .route = kRoute,
      .description = "reads one endless chunked answer, a message a line",
      .options =
          {{"method", Kind::kChoice, "GET", "of the request: GET, or POST", {"GET", "POST"}},
           {"limit",
            Kind::kCount,
            "0",
            "messages after which the server ends an answer and the client asks again from its cursor on; 0: none",
            {},
            0,
            1 << 30},
           {"limit-bytes", Kind::kSize, "0B", "the same after so much payload; 0B: none", {}, 0, std::int64_t{1} << 40},
           {"framing",
            Kind::kChoice,
            "lines",
            "lines: a message a line; raw: nothing between messages, which end where their markers say",
            {"lines", "raw"}},
           {"encoding",
            Kind::kChoice,
            "none",
            "none, or gzip: asks with Accept-Encoding for a body compressed and flushed with each message",
            {"none", "gzip"}},
           {"body", Kind::kText, "",
            "with method: POST: what the request says; {topic} stands for the topic's name; its Content-Type is "
            "text/plain unless headers has another"}},
      .make = make,
      .traits = traits,
      .validate = validate};
}

}  // namespace loadgen
