// Where the results of `pushbench run` go.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loadgen/scenario/scenario.h"

namespace loadgen {

struct ResultsFolders {
  std::string base;               // the report goes there
  std::vector<std::string> each;  // of each scenario: `base`, or a folder in it where there are several
};

// Makes them. `typed`: --out; empty: results/<scenario>-<UTC time>. Nothing, after a sentence to standard error, when
// two scenarios would share one or when one cannot be made.
std::optional<ResultsFolders> make_results_folders(std::span<const Scenario> scenarios, const std::string& typed);

}  // namespace loadgen
