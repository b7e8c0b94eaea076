// What a scenario may say of the socketio technique.
#pragma once

#include <cstddef>
#include <vector>

#include "loadgen/technique.h"

namespace loadgen {

// In the order of socketio_options(), which is that of Plan::options.
enum SocketIoOption : std::size_t { kTransport, kNamespace, kAuth, kEvent, kEmit, kAck };
std::vector<OptionSpec> socketio_options();

}  // namespace loadgen
