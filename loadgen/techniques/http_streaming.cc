// HTTP streaming: one endless chunked answer, a message a line.
#include "loadgen/stream_session.h"
#include "loadgen/techniques.h"
#include "wire/lines.h"

namespace loadgen {

namespace {

class HttpStreaming final : public StreamSession, private wire::lines::Splitter::Handler {
 public:
  HttpStreaming(Host& host, const Plan& plan, const std::string& topic)
      : StreamSession(host, plan, topic, "/http-streaming"), splitter_(plan.max_message) {}

 private:
  Bytes request_headers() override { return {}; }
  void on_stream_start() override { splitter_.reset(); }
  void on_piece(Bytes piece) override { splitter_.feed(piece, *this); }
  void on_message(Bytes payload) override { received(payload); }
  void on_gap(wire::lines::Gap gap) override { lost(gap.first, gap.last); }
  void on_bad_line(Bytes) override { fail(Failure::kProtocol, "a line that is no message and no notice"); }

  wire::lines::Splitter splitter_;
};

}  // namespace

TechniqueInfo http_streaming() {
  return {"http-streaming", "reads one endless chunked answer, a message a line", true, {},
          [](Host& host, const Plan& plan, const std::string& topic) -> std::unique_ptr<Session> {
            return std::make_unique<HttpStreaming>(host, plan, topic);
          }};
}

}  // namespace loadgen
