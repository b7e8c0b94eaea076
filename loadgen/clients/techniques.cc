// The table: one line a technique. The order is the one of reports.
#include "loadgen/clients/techniques.h"

#include <array>

namespace loadgen {

std::span<const TechniqueInfo> techniques() {
  static const std::array table = {
      polling(), long_polling(), http_streaming(), forever_frame(), sse(), websocket(), socketio(),
  };
  return table;
}

const TechniqueInfo* find_technique(std::string_view name) {
  for (const TechniqueInfo& technique : techniques()) {
    if (technique.name == name) return &technique;
  }
  return nullptr;
}

}  // namespace loadgen
