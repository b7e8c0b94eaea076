// The whole server: its threads, and the signals that end it.
#pragma once

#include "reference-server/options.h"

namespace server {

// Serves until SIGTERM or SIGINT. Returns the exit code; throws std::runtime_error with one sentence when it cannot
// start.
int serve(const Options& options);

}  // namespace server
