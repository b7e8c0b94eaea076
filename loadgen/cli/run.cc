// `pushbench run`.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>

#include "loadgen/campaign/campaign.h"
#include "loadgen/cli/commands.h"
#include "loadgen/cli/results_folder.h"
#include "loadgen/cli/scenarios.h"
#include "loadgen/cli/search.h"
#include "loadgen/host/paths.h"
#include "loadgen/host/signal_mask.h"
#include "loadgen/host/terminal.h"
#include "loadgen/host/wait_idle.h"
#include "loadgen/output/result.h"
#include "loadgen/output/summary.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr const char* kExamples = R"(
Examples:
  pushbench run scenarios/quickstart.yaml                      every technique side by side, report in results/
  pushbench run scenarios/quickstart.yaml --only sse,websocket --set subscribers=100 --out /tmp/first
  pushbench run scenarios/smoke/*.yaml --repeat 3
  pushbench run scenarios/quickstart.yaml --only sse --find max-rate --until 'delivery_latency.p99 < 100ms and missing == 0'
  pushbench run scenarios/quickstart.yaml --only sse --floor   how much of the latency is the tool's own?

Exit codes: 0 good, 1 a threshold is broken (with --find: not even the least load was carried), 2 usage or scenario error,
3 the measurement is invalid (with --find: nobody knows what was carried), 130/143 interrupted.
)";

struct RunArguments {
  std::vector<std::string> scenarios;
  std::string directory;               // empty: results/<scenario>-<UTC time>
  std::vector<std::string> only;       // technique names or labels
  std::vector<std::string> overrides;  // KEY=VALUE
  std::optional<std::int64_t> repeat;
  std::optional<std::uint64_t> seed;
  bool baseline = false;  // measure that of the tool first
  std::string wait_idle;  // a duration; empty: do not wait
  SearchArguments search;
  bool quiet = false;
  bool no_report = false;
};

// False, and a sentence, when `typed` is no duration.
bool wait_for_idle(const std::string& typed, bool quiet) {
  if (typed.empty()) return true;
  const auto limit = wire::parse_duration(typed);
  if (!limit) {
    complain(fmt::format("--wait-idle {}: {}", typed, limit.error));
    return false;
  }
  const unsigned cores = usable_cores();
  if (!quiet) print(stderr, fmt::format("waiting for a load average of at most {:.1f}\n", busy_load(cores)));
  wait_until_idle(cores, *limit.value);
  return true;
}

int worse(int a, int b) {  // signals first, then 1 before 3, then 0
  if (a >= kFirstSignal || b >= kFirstSignal) return std::max(a, b);
  if (a == 1 || b == 1) return 1;
  return std::max(a, b);
}

int run_scenario(const Scenario& scenario, const RunArguments& arguments, const std::string& command,
                 const SearchSettings* search, const std::string& directory, const ProcessLimits& limits) {
  const SignalMask held(SIG_BLOCK);
  const CampaignOptions options{
      directory,
      server_program(),
      command,
      arguments.seed ? *arguments.seed : std::random_device{}() & 0x7fffffffU,
      limits.descriptors,
      arguments.baseline,
      [&directory](const CampaignOutcome& outcome) { return write_result(outcome, directory + "/result.json"); }};
  Progress progress(arguments.quiet);
  const CampaignOutcome outcome = search != nullptr ? find_capacity(scenario, *search, options, limits, progress)
                                                    : run_campaign(scenario, options, progress);
  if (search == nullptr) print(stdout, summary_text(outcome, wants_colour(stdout)));
  if (!outcome.error.empty()) complain(outcome.error);
  if (!outcome.write_error.empty()) complain(outcome.write_error);
  return exit_code(outcome);
}

int run(const RunArguments& arguments, const std::string& command) {
  auto scenarios = load_scenarios(arguments.scenarios, arguments.overrides);
  if (!scenarios) return kUsageError;
  for (Scenario& scenario : *scenarios) {
    if (!keep_only(scenario, arguments.only)) return kUsageError;
    if (arguments.repeat) scenario.repetitions = *arguments.repeat;
  }
  signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of the write
  signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
  const auto searches = plan_searches(arguments.search, *scenarios);
  if (!searches) return complain(searches.error), kUsageError;
  const ProcessLimits limits = limits_for(*scenarios, *searches.value);
  if (!fit_on_this_machine(*scenarios, limits)) return kNotMeasured;
  const auto folders = make_results_folders(*scenarios, arguments.directory);
  if (!folders) return kUsageError;
  if (!wait_for_idle(arguments.wait_idle, arguments.quiet)) return kUsageError;
  int code = 0;
  std::vector<std::string> done;
  for (std::size_t i = 0; i < scenarios->size() && code < kFirstSignal; ++i) {
    const SearchSettings* search = searches.value->empty() ? nullptr : &(*searches.value)[i];
    code = worse(code, run_scenario((*scenarios)[i], arguments, command, search, folders->each[i], limits));
    done.push_back(folders->each[i]);
  }
  print(stdout, "\n");
  for (const std::string& folder : done) print(stdout, fmt::format("result: {}/result.json\n", folder));
  if (arguments.no_report) return code;
  const int reported = make_report(done, (std::filesystem::path(folders->base) / "report.html").string());
  return code != 0 ? code : reported;
}

}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("run", "Run every technique of a scenario; write result.json and report.html");
  const auto arguments = std::make_shared<RunArguments>();
  command->add_option("SCENARIO", arguments->scenarios, "Scenario files (YAML)")->required();
  command->add_option("--out", arguments->directory, "Folder for the result; default results/<scenario>-<time>")
      ->type_name("DIR");
  command
      ->add_option("--only", arguments->only,
                   "Only these techniques or variants, separated by commas (\"sse,polling 1s\")")
      ->delimiter(',')
      ->type_name("NAME");
  command
      ->add_option("--set", arguments->overrides, "Replace a value of the scenario (\"publish.rate=50/s\"); repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  CLI::Option* repeat =
      command->add_option("--repeat", arguments->repeat, "Repetitions, interleaved over the techniques")
          ->check(CLI::Range(1, 1000))
          ->type_name("N");
  command->add_option("--seed", arguments->seed, "Seed of everything random; default: a new one, kept in the result")
      ->type_name("N");
  command
      ->add_option(
          "--wait-idle", arguments->wait_idle,
          "Begin when the machine is idle (load average at most half the processors), or after so long (\"120s\")")
      ->type_name("TIME");
  CLI::Option* find = add_search_options(*command, arguments->search)->excludes(repeat);
  command
      ->add_flag("--floor", arguments->baseline,
                 "First measure the floor of the tool: the same load against a server that does nothing else")
      ->excludes(find);
  command->add_flag("--quiet", arguments->quiet, "No progress");
  command->add_flag("--no-report", arguments->no_report, "Write result.json only");
  command->footer(kExamples);
  command->callback([&invocation, arguments] { invocation.exit_code = run(*arguments, invocation.command); });
}

}  // namespace loadgen
