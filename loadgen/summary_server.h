// What the summary says of the server: which process it was, and what it holds for each subscriber.
#pragma once

#include <string>

#include "loadgen/result.h"

namespace loadgen {

// Lines, each ended by LF; empty when there is nothing to say.
std::string server_text(const Campaign& campaign);

}  // namespace loadgen
