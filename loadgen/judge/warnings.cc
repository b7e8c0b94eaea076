#include "loadgen/judge/warnings.h"

#include <algorithm>

#include "loadgen/judge/rules.h"

namespace loadgen {

std::vector<Warning> check_conditions(const Scenario& scenario, const HostInfo& host) {
  std::vector<Warning> warnings;
  for (const PlanRule& rule : plan_rules()) {
    Findings found(rule.number, warnings);
    rule.check(scenario, host, found);
  }
  return warnings;
}

std::vector<Warning> compare_runs(const Scenario& scenario, std::span<const VariantSummary> groups) {
  std::vector<Warning> warnings;
  for (const ComparisonRule& rule : comparison_rules()) {
    Findings found(rule.number, warnings);
    rule.check(scenario, groups, found);
  }
  return warnings;
}

void judge_validity(RunResult& result) {
  for (const RunRule& rule : run_rules()) {
    Findings found(rule.number, result.warnings);
    rule.check(result, found);
  }
  Level worst = Level::kInfo;
  for (const Warning& warning : result.warnings) worst = std::max(worst, warning.level);
  result.verdict = worst == Level::kInvalid ? Verdict::kInvalid
                   : worst == Level::kWarn  ? Verdict::kDoubtful
                                            : Verdict::kValid;
}

}  // namespace loadgen
