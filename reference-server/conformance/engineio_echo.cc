// `/engine.io/` of the conformance profile: every message comes back as it is, over either transport.
#include <memory>

#include "reference-server/engineio/endpoint.h"
#include "reference-server/seam/technique.h"

namespace server {

namespace {

class EngineIoEcho final : public EngineEndpoint {
 public:
  using EngineEndpoint::EngineEndpoint;

 private:
  std::unique_ptr<Session> make_session(const wire::http1::Request&, std::string&) override {
    return std::make_unique<Session>();
  }
  void on_message(Session& session, Bytes message, bool binary) override { send(session, message, binary); }
};

}  // namespace

TechniqueInfo engineio_echo_technique() {
  return {.name = "engineio-echo",
          .route = "/engine.io/",
          .make = make_technique<EngineIoEcho>,
          .takes_all = true,
          .conformance = true};
}

}  // namespace server
