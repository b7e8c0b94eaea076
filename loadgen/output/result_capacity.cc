#include "loadgen/output/result_parts.h"

#include <optional>

namespace loadgen {

namespace {

using json::Json;
using json::optional;

const char* verdict_text(StepVerdict verdict) {
  switch (verdict) {
    case StepVerdict::kHolds:
      return "carried";
    case StepVerdict::kBroken:
      return "too-much";
    case StepVerdict::kGenerator:
      return "generator-limited";
    case StepVerdict::kUnknown:
      return "unknown";
  }
  return "";
}

const char* limit_text(const Capacity& capacity) {
  if (capacity.interrupted) return "interrupted";
  switch (capacity.outcome.limit) {
    case SearchOutcome::Limit::kServer:
      return "server";
    case SearchOutcome::Limit::kGenerator:
      return "generator";
    case SearchOutcome::Limit::kAtMost:
      return "at-most";
    case SearchOutcome::Limit::kSteps:
      return "steps";
    case SearchOutcome::Limit::kUnknown:
      return "unknown";
  }
  return "";
}

Json step_json(const CapacityStep& step) {
  return {{"offered", step.offered},
          {"achieved", step.achieved},
          {"expected_deliveries", step.expected},
          {"missing", step.missing},
          {"delivery_latency_ns", step.latency.expected == 0 ? Json(nullptr) : json::summary(step.latency)},
          {"verdict", verdict_text(step.verdict)},
          {"reason", step.reason.empty() ? Json(nullptr) : Json(step.reason)}};
}

}  // namespace

Json capacity_json(const SearchSettings& plan, std::span<const Capacity> capacities) {
  Json json = {{"find", find_name(plan.quantity)},
               {"until", plan.until.text},
               {"precision", plan.bounds.precision},
               {"at_most", plan.bounds.at_most},
               {"techniques", Json::array()}};
  for (const Capacity& capacity : capacities) {
    Json steps = Json::array();
    for (const CapacityStep& step : capacity.steps) steps.push_back(step_json(step));
    json["techniques"].push_back({{"technique", capacity.variant->technique->name},
                                  {"variant", capacity.variant->name},
                                  {"carried", optional(capacity.outcome.carried)},
                                  {"too_much", optional(capacity.outcome.too_much)},
                                  {"limit", limit_text(capacity)},
                                  {"summary", capacity_text(plan.quantity, capacity)},
                                  {"steps", std::move(steps)}});
  }
  return json;
}

}  // namespace loadgen
