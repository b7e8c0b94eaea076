#include "loadgen/scenario/metric.h"

#include <algorithm>
#include <vector>

#include "loadgen/measure/percentile.h"

namespace loadgen {

std::span<const Aggregation> aggregations() {
  static const std::vector<Aggregation> all = [] {
    using Kind = Aggregation::Kind;
    std::vector<Aggregation> list = {{Kind::kMin, "min"}, {Kind::kMean, "mean"}};
    for (const auto& [name, quantile] : measure::kPercentiles) list.push_back({Kind::kPercentile, name, quantile});
    list.push_back({Kind::kMax, "max"});
    return list;
  }();
  return all;
}

const Aggregation* find_aggregation(std::string_view name) {
  const auto found = std::ranges::find(aggregations(), name, &Aggregation::name);
  return found == aggregations().end() ? nullptr : &*found;
}

}  // namespace loadgen
