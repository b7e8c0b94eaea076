#include "loadgen/output/summary_parts.h"

#include <fmt/format.h>

namespace loadgen {

namespace {

// A threshold that every technique meets takes one line; else one line for each that does not.
void append_threshold(std::string& out, const Threshold& threshold, std::span<const ThresholdResult> results,
                      const Style& style) {
  std::size_t judged = 0;
  std::size_t met = 0;
  bool few = false;  // of those met
  std::string lines;
  const ThresholdResult* only = nullptr;
  for (const ThresholdResult& result : results) {
    if (result.threshold != &threshold) continue;
    ++judged;
    only = &result;
    const std::string label = result.group->variant->label();
    if (!result.usable) {
      lines += style.yellow("? ") + label + ": " + result.judgement.text + " (the run is invalid: not judged)\n";
    } else if (!result.judgement.holds) {
      lines += style.red("✗ ") + label + ": " + result.judgement.text + "\n";
    } else {
      ++met;
      few = few || result.value.has_few_samples();
    }
  }
  if (judged == 1 && met == 1) {
    out += style.green("✓ ") + only->group->variant->label() + ": " + only->judgement.text + "\n";
  } else if (met > 0) {
    out += style.green("✓ ") + fmt::format("{}: met by {} of {}{}\n", threshold.text, met, judged,
                                           few ? ", some " + few_samples_text() : "");
  }
  out += lines;
}

void append_warning(std::string& out, const Warning& warning, const std::string& where, const Style& style) {
  const std::string level(level_name(warning.level));
  out += (warning.level == Level::kInvalid ? style.red(level)
          : warning.level == Level::kWarn  ? style.yellow(level)
                                           : level);
  out += "  " + (where.empty() ? warning.message : where + ": " + warning.message) + "\n";
}

}  // namespace

void append_thresholds(std::string& out, const Scenario& scenario, std::span<const ThresholdResult> results,
                       const Style& style) {
  if (results.empty()) return;
  out += "\n" + style.bold("Thresholds") + "\n";
  for (const Threshold& threshold : scenario.thresholds) append_threshold(out, threshold, results, style);
}

void append_warnings(std::string& out, const Campaign& campaign, const Style& style) {
  std::string text;
  for (const Warning& warning : campaign.warnings) append_warning(text, warning, "", style);
  for (const RunResult& run : campaign.runs) {
    std::string where = run.variant->label();
    if (campaign.scenario->repetitions > 1) where += fmt::format(" #{}", run.repetition);
    for (const Warning& warning : run.warnings) append_warning(text, warning, where, style);
  }
  if (!text.empty()) out += "\n" + style.bold("Notes and warnings") + "\n" + text;
}

}  // namespace loadgen
