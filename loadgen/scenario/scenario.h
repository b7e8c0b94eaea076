// A scenario file: what is measured, against which server, under which load. Reading one collects every error with its
// place; a Scenario that was returned is complete, in range and free of contradictions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/clients/techniques.h"
#include "loadgen/scenario/threshold.h"
#include "loadgen/scenario/tls_settings.h"
#include "net/source_addresses.h"
#include "wire/units.h"

namespace loadgen {

// A program that a run starts: the server under test, or a proxy before it. In the texts of its command and files,
// placeholders stand for its port and folder and for those of the others (loadgen/placeholders.h).
struct ProgramSpec {
  std::string name;                                        // "nginx"
  std::vector<std::string> command;                        // never empty
  std::vector<std::pair<std::string, std::string>> files;  // name in the program's folder, content
  Nanos start_timeout{std::chrono::seconds(10)};           // until its port takes a connection
  int line = 0;
};

// Which local process's CPU time and memory are the server's cost; its descendants belong to it.
struct ProcessSelector {
  // kDefault: what pushbench started, else the owner of the target's port on this machine, where that may be seen.
  enum class By : std::uint8_t { kDefault, kPid, kCommand, kPort, kNone } by = By::kDefault;
  std::int64_t number = 0;  // kPid, kPort
  std::string command;      // kCommand: a part of the command line
  int line = 0;
  std::string text() const;  // "pid: 123", as written
};

struct Target {
  bool reference = true;          // start the reference server
  std::string url = "reference";  // where subscribers connect, as written: "reference", "http://127.0.0.1:8080/base",
                                  // "http://127.0.0.1:${nginx.port}"
  std::vector<ProgramSpec> programs;                        // started for each run, in this order
  bool is_reference() const { return url == "reference"; }  // with nothing between it and the clients
  bool is_secure() const { return url.starts_with("https://"); }
  ProcessSelector process;
  bool count_syscalls = false;                                        // of that process: slows it down a little
  bool is_running() const { return !reference && programs.empty(); }  // pushbench starts nothing
  bool is_loopback() const;                                           // a URL of this machine, without placeholders
  bool takes_loopback_sources() const;                                // any of 127.0.0.0/8 reaches it
  bool is_measurable() const;                                         // CPU time and memory of the server may be known
};

struct ConnectPolicy {
  wire::Rate rate{2000, std::chrono::seconds(1)};
  Nanos timeout{std::chrono::seconds(10)};  // start of connecting -> subscribed
};

enum class Arrivals : std::uint8_t { kConstant, kPoisson, kBurst, kRamp };
std::string_view arrivals_name(Arrivals arrivals);

enum class PublishFrom : std::uint8_t { kPublisher, kSubscribers };

struct PublishSettings {
  // Where messages go, as written; empty: a publisher's to the reference server when
  // there is one, else to the target.
  std::string url;
  std::string method = "POST";
  std::string path = "/publish?topic={topic}";  // below the URL's
  std::string headers;                          // whole lines
  PublishFrom from = PublishFrom::kPublisher;
  bool echo = true;                // kSubscribers: a subscriber is owed its own messages, too
  wire::Rate rate;                 // messages per second over all topics; the start of a ramp
  std::optional<wire::Rate> each;  // of each subscriber, as the file says it; `rate` is all of them together
  Arrivals arrivals = Arrivals::kConstant;
  std::int64_t burst = 1;     // kBurst: messages due at the same instant; `rate` stays the mean
  wire::Rate to;              // kRamp: the rate at the end of `measure`
  std::size_t payload = 128;  // bytes, marker included
  bool binary = false;        // published as application/octet-stream
};

inline constexpr std::size_t kLeastMemoryPoints = 3;  // two always lie on a line

// The ramp waits at each of these numbers of subscribers, and memory is read: what one more costs is the slope.
struct MemorySettings {
  std::vector<std::int64_t> counts;       // growing; empty: no such phase
  Nanos settle{std::chrono::seconds(5)};  // from the last of a count being subscribed to the reading
};

struct Phases {
  Nanos ramp{
      std::chrono::seconds(30)};  // limit: ends as soon as everyone is subscribed; with `memory`, from count to count
  MemorySettings memory;
  Nanos idle{0};  // nothing is published: what the subscribers cost by themselves
  Nanos warm_up{std::chrono::seconds(2)};
  Nanos measure{std::chrono::seconds(10)};
  Nanos drain{std::chrono::seconds(10)};  // limit: ends as soon as everything has arrived
};

// One technique with one set of options; (technique, name) is unique in a scenario.
struct Variant {
  const TechniqueInfo* technique = nullptr;
  std::string name;                  // "" when the technique appears once, else e.g. "500ms"
  std::vector<OptionValue> options;  // in the order of technique->options
  int line = 0;
  TlsSettings tls{};          // the scenario's, as far as the technique does not say otherwise
  std::string path{};         // "/sub/{topic}": of a foreign server; empty: the technique's own
  std::string headers{};      // whole lines, added to every request
  std::string label() const;  // "polling 500ms", or the technique's name alone
  Traits traits() const { return technique->traits_of(options); }
};

struct Scenario {
  std::string name;
  std::string description;
  std::string path;                    // as given by the user
  std::string text;                    // verbatim, before overrides
  std::vector<std::string> overrides;  // "KEY=VALUE", as given
  Target target;
  // Options for the reference server in the order given, key without "--": {"queue", "1MiB"} means `--queue 1MiB`.
  std::vector<std::pair<std::string, std::string>> server;
  TlsSettings tls;  // of every technique that does not say otherwise
  std::int64_t topics = 1;
  std::int64_t subscribers = 0;  // spread evenly over the topics
  std::int64_t threads = 0;      // of the load generator; 0 = automatic
  ConnectPolicy connect;
  net::SourceAddresses sources;
  ReconnectPolicy reconnect;
  bool own_reconnect = false;  // the file says one; else a technique may have its own
  PublishSettings publish;
  Phases phases;
  std::vector<Variant> variants;  // never empty
  std::int64_t repetitions = 1;   // interleaved: ABC, ABC
  std::vector<Threshold> thresholds;
  const std::string& publish_url() const;  // never empty
  // At most, at a time: of one subscriber, those that it posts over included, and of all with the variant that needs
  // most.
  std::uint32_t connections_each(const Variant& variant) const;
  std::uint64_t connections() const;
  std::uint64_t server_connections() const;  // the publishers' included
  std::uint64_t server_threads() const;      // of the reference server
  std::uint64_t source_count() const;        // addresses that the subscribers connect from
  // Of simulated clients, on a machine with so many processors: half of them, since the server under test mostly shares
  // it. There are more where that is what it takes for every subscriber to have a descriptor.
  std::uint64_t worker_threads(unsigned cores) const;
  // Who may connect when `points` of phases.memory.counts have been read: never more than there are.
  std::int64_t admitted_after(std::size_t points) const;
  double receivers() const;  // of one message, on average
};

inline constexpr std::int64_t kMaxSubscribers = 100'000'000;
inline constexpr double kMaxRate = 10'000'000;  // of anything, per second

struct ScenarioError {
  std::string file;  // the scenario's path, or "--set KEY=VALUE" when the value came from there
  int line = 0;      // from 1; 0 when there is no place (unreadable file, override)
  int column = 0;
  std::string key;           // dotted path, "publish.rate", "techniques[2].polling.interval"; empty for the whole file
  std::string value;         // as written, cut when long; empty when it is no scalar
  std::string message;       // what would be right
  std::string text() const;  // "quickstart.yaml:9:18: key 'publish.rate': '20': a rate needs a unit: 20/s"
};

struct LoadedScenario {
  std::optional<Scenario> scenario;   // set exactly when `errors` is empty
  std::vector<ScenarioError> errors;  // in the order of the file
};

inline constexpr std::size_t kMaxScenarioBytes = std::size_t{1} << 20;

// `overrides` are "KEY=VALUE" with a dotted key ("publish.rate=50/s"), applied before anything is validated. `table`
// must outlive the scenario. Never throws.
LoadedScenario load_scenario(const std::string& path, std::span<const std::string> overrides,
                             std::span<const TechniqueInfo> table);
LoadedScenario parse_scenario(std::string text, const std::string& path, std::span<const std::string> overrides,
                              std::span<const TechniqueInfo> table);

// Totals of one run (one variant, one repetition) that the plan implies.
struct RunTotals {
  double messages = 0;             // due in `measure`; the mean for poisson
  double expected_deliveries = 0;  // messages x subscribers of their topic
  Nanos at_most{0};                // ramp + warm-up + measure + drain
};
RunTotals run_totals(const Scenario& scenario);

// The folder that a scenario's file is in, absolute: ${scenario.folder}.
std::string scenario_folder(const std::string& path);

// A short plain-English plan for `pushbench check`, several lines, each ended by LF.
std::string describe(const Scenario& scenario);

}  // namespace loadgen
