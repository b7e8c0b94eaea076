// `/engine.io/` of the conformance profile: every message comes back as it is, over either transport.
#include <memory>

#include "reference-server/engineio/endpoint.h"
#include "reference-server/seam/techniques.h"

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

std::unique_ptr<Technique> make_engineio_echo(Context& context, TechniqueStats& counters) {
  return std::make_unique<EngineIoEcho>(context, counters);
}

}  // namespace server
