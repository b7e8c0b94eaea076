// Forever frame: one endless HTML page, as a browser reads it in a hidden iframe; a script a message.
#include "wire/forever_frame.h"

#include "loadgen/clients/stream_session.h"
#include "loadgen/clients/techniques.h"

namespace loadgen {

namespace {

constexpr const char* kRoute = "/forever-frame";

class ForeverFrame final : public StreamSession, private wire::forever_frame::Parser::Handler {
 public:
  ForeverFrame(Host& host, const SessionConfig& plan, const std::string& topic)
      : StreamSession(host, plan, topic, kRoute), parser_(plan.max_message) {}

 private:
  Bytes request_headers() override { return "Accept: text/html\r\n"; }

  std::string_view check(const wire::http1::Response& response) override {
    const Bytes type = response.header("Content-Type");
    return type.substr(0, type.find(';')) == "text/html" ? "" : "the Content-Type is not text/html";
  }

  void on_stream_start() override { parser_.reset(); }
  void on_content(Bytes piece) override {
    if (piece == "\n" && !parser_.mid_script()) ++host_.counts().received.heartbeat;
    parser_.feed(piece, *this);
  }
  void on_message(std::uint64_t, Bytes payload) override { received(payload); }
  void on_gap(wire::lines::Gap gap) override { lost(gap.first, gap.last); }
  void on_bad_script(Bytes) override { fail(Failure::kProtocol, "a script that is no message and no notice"); }
  void on_too_large() override { fail(Failure::kTooLarge, "a script is larger than a message may be"); }

  wire::forever_frame::Parser parser_;
};

}  // namespace

TechniqueInfo forever_frame_technique() {
  return {.name = "forever-frame",
          .rank = 40,
          .kind = TechniqueInfo::Kind::kStream,
          .route = kRoute,
          .description = "reads one endless HTML page, as in a hidden iframe; a script a message",
          .make = make_session<ForeverFrame>};
}

}  // namespace loadgen
