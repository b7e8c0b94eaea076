// The factories that techniques.cc lists; one a file of techniques/.
#pragma once

#include <memory>

#include "reference-server/seam/technique.h"

namespace server {

std::unique_ptr<Technique> make_polling(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_long_polling(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_http_streaming(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_forever_frame(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_sse(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_websocket(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_socketio(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_echo(Context& context, TechniqueStats& counters);
std::unique_ptr<Technique> make_engineio_echo(Context& context, TechniqueStats& counters);

}  // namespace server
