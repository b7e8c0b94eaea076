// One factory a technique; each is defined in techniques/<name>.cc.
#pragma once

#include "loadgen/clients/technique.h"

namespace loadgen {

TechniqueInfo polling();
TechniqueInfo long_polling();
TechniqueInfo http_streaming();
TechniqueInfo forever_frame();
TechniqueInfo sse();
TechniqueInfo websocket();
TechniqueInfo socketio();

}  // namespace loadgen
