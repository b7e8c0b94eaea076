#include "loadgen/campaign/campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "loadgen/campaign/baseline.h"
#include "loadgen/judge/warnings.h"

namespace loadgen {

namespace {

// What a label may hold and a file name should not is a hyphen.
std::string file_word(std::string label) {
  for (char& c : label) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return label;
}

class Repetitions {
 public:
  Repetitions(const Scenario& scenario, const CampaignOptions& options, Progress& progress)
      : scenario_(scenario), options_(options), runner_(scenario, options, progress) {
    PreviousRuns& previous = runner_.campaign().previous_runs;
    previous = find_previous_runs(scenario, options.directory, runner_.campaign().started);
    if (previous.number() > 1) runner_.warn({35, Level::kWarn, previous_runs_text(previous)});
    if (scenario.repetitions > 1 && scenario.variants.size() > 1) {
      runner_.warn(
          {15, Level::kInfo,
           fmt::format("the techniques of each repetition ran in an order drawn at random (seed {})", options.seed)});
    }
  }

  CampaignOutcome go() {
    if (options_.baseline) measure_baseline(runner_, options_.descriptor_limit);
    if (runner_.ended()) runner_.save();
    const std::size_t total = scenario_.variants.size() * static_cast<std::size_t>(scenario_.repetitions);
    std::size_t number = 0;
    for (std::int64_t repetition = 1; repetition <= scenario_.repetitions; ++repetition) {
      for (const Variant* variant : order_of(repetition)) {
        if (runner_.ended()) return runner_.take();
        run(*variant, repetition, ++number, total);
        runner_.save();
      }
    }
    return runner_.take();
  }

 private:
  void run(const Variant& variant, std::int64_t repetition, std::size_t number, std::size_t total) {
    auto result =
        runner_.run({.title = fmt::format("[{}/{}] {}", number, total, variant.label()),
                     .scenario = scenario_,
                     .variant = variant,
                     .number = number,
                     .repetition = repetition,
                     .interval_log = options_.directory + "/" + interval_log_name(scenario_, variant, repetition)});
    if (result) {
      keep(std::move(*result));
    } else {
      runner_.fail(fmt::format("run {} of {} ({})", number, total, variant.label()));
    }
  }

  void keep(RunResult result) {
    std::vector<RunResult>& runs = runner_.campaign().runs;
    if (is_dispensable(result, runs)) {
      runner_.warn({0, Level::kInfo,
                    fmt::format("{}: repetition {} was interrupted before it measured and is left out",
                                result.variant->label(), result.repetition)});
      return;
    }
    const auto place = std::ranges::find_if(runs, [&](const RunResult& run) {
      return run.repetition == result.repetition && run.variant > result.variant;
    });
    runs.insert(place, std::move(result));
  }

  // One repetition has the order of the file; of several each has its own, so that what comes first or after a heavy
  // neighbour is not always the same one.
  std::vector<const Variant*> order_of(std::int64_t repetition) const {
    std::vector<const Variant*> order;
    for (const Variant& variant : scenario_.variants) order.push_back(&variant);
    if (scenario_.repetitions == 1) return order;
    std::mt19937_64 random(options_.seed ^ (static_cast<std::uint64_t>(repetition) << 32));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
    return order;
  }

  const Scenario& scenario_;
  const CampaignOptions& options_;
  Runner runner_;
};

}  // namespace

std::string interval_log_name(const Scenario& scenario, const Variant& variant, std::int64_t repetition) {
  const std::string name = file_word(variant.label());
  std::size_t alike = 1;
  for (const Variant* earlier = scenario.variants.data(); earlier != &variant; ++earlier) {
    if (file_word(earlier->label()) == name) ++alike;
  }
  return fmt::format("{}{}-{}.hlog", name, alike > 1 ? fmt::format("~{}", alike) : "", repetition);
}

CampaignOutcome run_campaign(const Scenario& scenario, const CampaignOptions& options, Progress& progress) {
  return Repetitions(scenario, options, progress).go();
}

}  // namespace loadgen
