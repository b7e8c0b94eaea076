#include "loadgen/output/summary_parts.h"

#include <fmt/format.h>

namespace loadgen {

namespace {

// A threshold that every technique meets takes one line; else one line for each that does not.
void append_threshold(std::string& out, const Threshold& threshold, std::span<const ThresholdOutcome> outcomes,
                      const Style& style) {
  std::size_t judged = 0;
  std::size_t met = 0;
  bool few = false;  // of those met
  std::string lines;
  const ThresholdOutcome* only = nullptr;
  for (const ThresholdOutcome& outcome : outcomes) {
    if (outcome.threshold != &threshold) continue;
    ++judged;
    only = &outcome;
    const std::string line = outcome.group->variant->label() + ": " + outcome.text;
    switch (outcome.answer) {
      case Answer::kMet:
        ++met;
        few = few || outcome.value.has_few_samples();
        break;
      case Answer::kBroken:
        lines += style.red("✗ ") + line + "\n";
        break;
      case Answer::kUnknown:
        lines += style.yellow("? ") + line + " (the run is invalid: not judged)\n";
        break;
    }
  }
  if (judged == 1 && met == 1) {
    out += style.green("✓ ") + only->group->variant->label() + ": " + only->text + "\n";
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

void append_thresholds(std::string& out, const Scenario& scenario, std::span<const ThresholdOutcome> outcomes,
                       const Style& style) {
  if (outcomes.empty()) return;
  out += "\n" + style.bold("Thresholds") + "\n";
  for (const Threshold& threshold : scenario.thresholds) append_threshold(out, threshold, outcomes, style);
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
