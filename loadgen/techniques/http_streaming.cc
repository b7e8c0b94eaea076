// HTTP streaming: one endless chunked answer, a message a line. With a limit the server ends the answer after so much,
// and the client asks again from its cursor on: what pages do against a responseText that grows without end.
#include <string>

#include "loadgen/stream_session.h"
#include "loadgen/techniques.h"
#include "wire/lines.h"

namespace loadgen {

namespace {

enum Option : std::size_t { kMethod, kLimit, kLimitBytes };

class HttpStreaming final : public StreamSession, private wire::lines::Splitter::Handler {
 public:
  HttpStreaming(Host& host, const Plan& plan, const std::string& topic)
      : StreamSession(host, plan, topic, "/http-streaming"), splitter_(plan.max_message) {}

 private:
  bool posts() const { return plan_.options[kMethod].number == 1; }
  Bytes request_method() const override { return posts() ? "POST" : ""; }
  Bytes request_headers() override { return {}; }
  void append_query(std::string& query) const override {
    const std::int64_t messages = plan_.options[kLimit].number;
    const std::int64_t bytes = plan_.options[kLimitBytes].number;
    if (messages > 0) query.append("&limit=").append(std::to_string(messages));
    if (bytes > 0) query.append("&limit-bytes=").append(std::to_string(bytes));
  }

  void on_stream_start() override { splitter_.reset(); }
  void on_piece(Bytes piece) override { splitter_.feed(piece, *this); }
  void on_message(Bytes payload) override { received(payload); }
  void on_gap(wire::lines::Gap gap) override { lost(gap.first, gap.last); }
  void on_bad_line(Bytes) override { fail(Failure::kProtocol, "a line that is no message and no notice"); }

  wire::lines::Splitter splitter_;
};

}  // namespace

TechniqueInfo http_streaming() {
  using Kind = OptionSpec::Kind;
  return {
      "http-streaming",
      "reads one endless chunked answer, a message a line",
      true,
      {{"method", Kind::kChoice, "GET", "of the request: GET, or POST without a body", {"GET", "POST"}},
       {"limit",
        Kind::kCount,
        "0",
        "messages after which the server ends an answer and the client asks again from its cursor on; 0: none",
        {},
        0,
        1 << 30},
       {"limit-bytes", Kind::kSize, "0B", "the same after so much payload; 0B: none", {}, 0, std::int64_t{1} << 40}},
      [](Host& host, const Plan& plan, const std::string& topic) -> std::unique_ptr<Session> {
        return std::make_unique<HttpStreaming>(host, plan, topic);
      }};
}

}  // namespace loadgen
