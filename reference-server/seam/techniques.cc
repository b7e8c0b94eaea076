#include "reference-server/seam/techniques.h"

#include <array>

#include "reference-server/stats.h"

namespace server {

namespace {

constexpr std::array kTechniques = {
    TechniqueInfo{"polling", "/polling", make_polling},
    TechniqueInfo{"long-polling", "/long-polling", make_long_polling},
    TechniqueInfo{"http-streaming", "/http-streaming", make_http_streaming, true},
    TechniqueInfo{"forever-frame", "/forever-frame", make_forever_frame},
    TechniqueInfo{"sse", "/sse", make_sse},
    TechniqueInfo{"websocket", "/websocket", make_websocket},
    TechniqueInfo{"socketio", "/socket.io/", make_socketio, true, true},
    TechniqueInfo{"echo", "/echo", make_echo},
    TechniqueInfo{"engineio-echo", "/engine.io/", make_engineio_echo, true, true},
};
constexpr std::size_t kOfTheProfile = 2;  // the last ones
static_assert(kTechniques.size() <= kMaxTechniques);

}  // namespace

std::span<const TechniqueInfo> techniques(bool conformance) {
  return std::span(kTechniques).first(kTechniques.size() - (conformance ? 0 : kOfTheProfile));
}

}  // namespace server
