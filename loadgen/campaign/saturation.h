// Whether a load was too much for the load generator, rather than for the server under test.
#pragma once

#include <string>

#include "loadgen/run/run_result.h"

namespace loadgen {

// What of the generator explains that `run` missed its goal, in words; empty: nothing does, so it was the server. The
// quantities are those of the rules 1, 9, 10, 12 and 23 (docs/validity.md); here each must be large enough to be the
// reason, not only a disturbance, and no length of the run is asked for.
std::string generator_limit(const RunResult& run);

}  // namespace loadgen
