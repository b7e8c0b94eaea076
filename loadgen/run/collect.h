// What the threads of a run have seen, as one result.
#pragma once

#include <memory>
#include <span>

#include "loadgen/run/publishing.h"
#include "loadgen/run/run_result.h"
#include "loadgen/run/worker.h"

namespace loadgen {

// After finish() of all of them; `result.phases` are known.
void collect(const RunSpec& spec, const Publishing& publishing, std::span<const std::unique_ptr<Worker>> workers,
             RunResult& result);

}  // namespace loadgen
