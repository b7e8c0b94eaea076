#include "loadgen/cli/commands.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include "loadgen/campaign/campaign.h"
#include "loadgen/campaign/preflight.h"
#include "loadgen/cli/find_command.h"
#include "loadgen/host/child_process.h"
#include "loadgen/host/paths.h"
#include "loadgen/host/signal_mask.h"
#include "loadgen/host/wait_idle.h"
#include "loadgen/output/result.h"
#include "loadgen/output/summary.h"
#include "net/limits.h"
#include "wire/units.h"

extern char** environ;

namespace loadgen {

namespace fs = std::filesystem;

namespace {

constexpr int kUsage = 2;
constexpr int kInvalid = 3;  // the measurement is not possible here

bool wants_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == 0);
}

void complain(std::string_view text) {
  fmt::print(stderr, "pushbench: {}\n", text);
}

// Loads every scenario and prints every error of all of them; nothing when there was one.
std::optional<std::vector<Scenario>> load_all(const std::vector<std::string>& paths,
                                              const std::vector<std::string>& overrides) {
  std::vector<Scenario> scenarios;
  bool good = true;
  for (const std::string& path : paths) {
    LoadedScenario loaded = load_scenario(path, overrides, techniques());
    for (const ScenarioError& error : loaded.errors) fmt::print(stderr, "{}\n", error.text());
    good = good && loaded.errors.empty();
    if (loaded.scenario) scenarios.push_back(std::move(*loaded.scenario));
  }
  if (!good) return std::nullopt;
  return scenarios;
}

// Keeps the variants that --only names; a name that fits nothing is an error.
bool keep_only(Scenario& scenario, const std::vector<std::string>& names) {
  const auto fits = [](const Variant& variant, const std::string& name) {
    return variant.technique->name == name || variant.label() == name;
  };
  for (const std::string& name : names) {
    if (std::ranges::any_of(scenario.variants, [&](const Variant& variant) { return fits(variant, name); })) continue;
    std::string known;
    for (const Variant& variant : scenario.variants) known += (known.empty() ? "" : ", ") + variant.label();
    complain(fmt::format("--only {}: {} has no such technique; it has: {}", name, scenario.path, known));
    return false;
  }
  if (names.empty()) return true;
  std::erase_if(scenario.variants, [&](const Variant& variant) {
    return std::ranges::none_of(names, [&](const std::string& name) { return fits(variant, name); });
  });
  std::erase_if(scenario.thresholds, [&](const Threshold& threshold) {
    return std::ranges::none_of(scenario.variants, [&](const Variant& variant) {
      return threshold.applies_to(variant.technique->name, variant.name);
    });
  });
  return true;
}

bool make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && access(directory.c_str(), W_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) complain(fmt::format("cannot write to {}: {}", directory.string(), error.message()));
  return !error;
}

// The folders for the results: `base`, or one in it for each of several scenarios. Nothing, and a sentence, when two
// would share one or when one cannot be made.
std::optional<std::vector<std::string>> make_directories(const std::vector<Scenario>& scenarios, const fs::path& base) {
  std::vector<std::string> directories;
  for (auto scenario = scenarios.begin(); scenario != scenarios.end(); ++scenario) {
    const auto same = std::ranges::find(scenarios.begin(), scenario, scenario->name, &Scenario::name);
    if (same != scenario) {
      complain(
          fmt::format("{} and {} have the same name, '{}', and their results one folder: give them names of their own",
                      same->path, scenario->path, scenario->name));
      return std::nullopt;
    }
    directories.push_back((scenarios.size() == 1 ? base : base / scenario->name).string());
  }
  if (!std::ranges::all_of(directories, [](const fs::path& directory) { return make_directory(directory); }))
    return std::nullopt;
  return directories;
}

std::string default_directory(const Scenario& scenario) {
  std::string time = utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return "results/" + scenario.name + "-" + time;
}

// `searches`: none, or one for each scenario.
ProcessLimits limits_for(const std::vector<Scenario>& scenarios, const std::vector<SearchSettings>& searches = {}) {
  const unsigned cores = usable_cores();
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const bool grows = !searches.empty() && searches[i].quantity == Quantity::kSubscribers;
    most = std::max(
        most,
        descriptors_needed(
            grows ? with_load(scenarios[i], Quantity::kSubscribers, searches[i].bounds.at_most) : scenarios[i], cores));
  }
  return lift_process_limits(most);
}

// Says which limits of this machine are too low. False when one of them is fatal.
bool fit(const std::vector<Scenario>& scenarios, const ProcessLimits& limits) {
  bool good = true;
  for (const Scenario& scenario : scenarios) {
    const std::vector<Preflight> checks = preflight(scenario, limits);
    const std::string problems = preflight_text(checks, true);
    if (!problems.empty()) fmt::print(stderr, "{}: limits of this machine\n{}", scenario.name, problems);
    if (is_fatal(checks)) {
      complain(refusal(scenario, checks));
      good = false;
    } else if (net::descriptors_needed(scenario.connections(), scenario.worker_threads(limits.cores)) >
               limits.descriptors) {
      fmt::print(stderr,
                 "{} subscribers with {} connections are more than a descriptor table may hold ({}): each thread has "
                 "a table of its own\n",
                 scenario.subscribers, scenario.connections(), limits.descriptors);
    }
  }
  return good;
}

// False, and a sentence, when `typed` is no duration.
bool wait_for_idle(const std::string& typed, bool quiet) {
  if (typed.empty()) return true;
  const auto limit = wire::parse_duration(typed);
  if (!limit) {
    complain(fmt::format("--wait-idle {}: {}", typed, limit.error));
    return false;
  }
  const unsigned cores = read_host_info().cores;
  if (!quiet) fmt::print(stderr, "waiting for a load average of at most {:.1f}\n", busy_load(cores));
  wait_until_idle(cores, *limit.value);
  return true;
}

int worse(int a, int b) {  // signals first, then 1 before 3, then 0
  if (a >= 128 || b >= 128) return std::max(a, b);
  if (a == 1 || b == 1) return 1;
  return std::max(a, b);
}

int run_scenario(Scenario& scenario, const RunOptions& options, const SearchSettings* search,
                 const std::string& directory, const ProcessLimits& limits) {
  const SignalMask held(SIG_BLOCK);
  if (options.repeat) scenario.repetitions = *options.repeat;
  CampaignOptions campaign_options{
      directory,
      server_program(),
      options.command,
      options.seed ? *options.seed : std::random_device{}() & 0x7fffffffU,
      limits.descriptors,
      options.floor,
      [&directory](const CampaignOutcome& outcome) { return write_result(outcome, directory + "/result.json"); }};
  Progress progress(options.quiet);
  if (search != nullptr) return find_capacity(scenario, *search, campaign_options, limits, progress);
  const CampaignOutcome outcome = run_campaign(scenario, campaign_options, progress);
  fmt::print("{}", summary_text(outcome, wants_colour()));
  if (!outcome.error.empty()) complain(outcome.error);
  if (!outcome.write_error.empty()) complain(outcome.write_error);
  return exit_code(outcome);
}

}  // namespace

int run_command(const RunOptions& options) {
  auto scenarios = load_all(options.scenarios, options.overrides);
  if (!scenarios) return kUsage;
  for (Scenario& scenario : *scenarios) {
    if (!keep_only(scenario, options.only)) return kUsage;
  }
  signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of the write
  signal(SIGXFSZ, SIG_IGN);  // so is a file that may not grow
  std::vector<SearchSettings> searches;
  if (!options.find.empty() || !options.until.empty()) {
    auto plans = plan_searches(options, *scenarios);
    if (!plans) return complain(plans.error), kUsage;
    searches = std::move(*plans.value);
  }
  const ProcessLimits limits = limits_for(*scenarios, searches);
  if (!fit(*scenarios, limits)) return kInvalid;
  const fs::path base = options.directory.empty() ? default_directory(scenarios->front()) : options.directory;
  const auto directories = make_directories(*scenarios, base);
  if (!directories) return kUsage;
  if (!wait_for_idle(options.wait_idle, options.quiet)) return kUsage;
  int code = 0;
  std::vector<std::string> done;
  for (std::size_t i = 0; i < scenarios->size() && code < 128; ++i) {
    const SearchSettings* search = searches.empty() ? nullptr : &searches[i];
    code = worse(code, run_scenario((*scenarios)[i], options, search, (*directories)[i], limits));
    done.push_back((*directories)[i]);
  }
  fmt::print("\n");
  for (const std::string& directory : done) fmt::print("result: {}/result.json\n", directory);
  if (options.no_report) return code;
  const std::string report = (base / "report.html").string();
  const int reported = report_command(done, report);
  if (reported != 0) return code != 0 ? code : reported;
  return code;
}

int check_command(const std::vector<std::string>& paths, const std::vector<std::string>& overrides) {
  const auto scenarios = load_all(paths, overrides);
  if (!scenarios) return kUsage;
  const ProcessLimits limits = limits_for(*scenarios);
  bool good = true;
  for (const Scenario& scenario : *scenarios) {
    const std::vector<Preflight> checks = preflight(scenario, limits);
    fmt::print("{}  limits of this machine\n{}", describe(scenario), preflight_text(checks, false));
    good = good && !is_fatal(checks);
  }
  return good ? 0 : kInvalid;
}

int report_command(const std::vector<std::string>& directories, const std::string& file) {
  std::vector<std::string> words = {kPython, "-m", "pushbench_report"};
  words.insert(words.end(), directories.begin(), directories.end());
  words.insert(words.end(), {"-o", file});
  const std::vector<char*> arguments = arguments_of(words);
  setenv("PYTHONPATH", reports_directory().c_str(), 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 0);
  std::fflush(stdout);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, kPython, nullptr, nullptr, arguments.data(), environ);
  if (error != 0) {
    complain(
        fmt::format("cannot start {} for the report: {} (`make deps` installs it)", kPython, std::strerror(error)));
    return kUsage;
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) {
    complain("the report was not written: its program was killed");
    return kInvalid;
  }
  const int code = WEXITSTATUS(status);
  if (code == 0) fmt::print("report: {}\n", file);
  // Python's code for an error that nobody foresaw is 1, which is a broken threshold here.
  return code == 0 || code == kUsage ? code : kInvalid;
}

int techniques_command() {
  for (const TechniqueInfo& technique : techniques()) {
    fmt::print("{}\n    {}\n", technique.name, technique.description);
    for (const OptionSpec& option : technique.options) {
      fmt::print("    {} (default {}): {}\n", option.key, option.fallback, option.description);
    }
  }
  return 0;
}

}  // namespace loadgen
