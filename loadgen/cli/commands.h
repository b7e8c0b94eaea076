// The subcommands of `pushbench`, one function each; they return the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadgen {

struct RunOptions {
  std::vector<std::string> scenarios;
  std::string directory;               // empty: results/<scenario>-<UTC time>
  std::vector<std::string> only;       // technique names or labels
  std::vector<std::string> overrides;  // KEY=VALUE
  std::optional<std::int64_t> repeat;
  std::optional<std::uint64_t> seed;
  bool floor = false;        // measure that of the tool first
  std::string wait_idle;     // a duration; empty: do not wait
  std::string find;          // "max-rate", "max-subscribers"; empty: no search
  std::string until;         // with `find`, as the next four
  std::int64_t at_most = 0;  // 0: a thousand times what the scenario offers
  std::string precision = "5%";
  std::int64_t max_steps = 20;
  std::string step;  // measured time of each; empty: the scenario's, at most 5s
  bool quiet = false;
  bool no_report = false;
  std::string command;  // as typed
};

// Of `listen` and `fetch`, as typed.
struct ManualClientArguments {
  std::string url;
  std::string technique;  // empty: guessed from the URL
  std::vector<std::string> headers;
  std::string method;
  std::string body;
  std::string last_event_id;
  std::vector<std::string> subprotocols;
  std::string deflate = "off";
  std::vector<std::string> events;  // socketio, as the next four
  std::vector<std::string> emits;   // 'NAME JSON-ARGUMENTS'
  std::string auth;
  std::string name_space = "/";
  std::string transport;  // empty: by the URL's scheme
  bool echo = false;
  std::string initial_retry = "3s";
  std::string read_timeout;
  std::string timeout;
  std::uint64_t count = 0;
  bool pretty = false;
  std::string ca;
  bool insecure = false;
};

int run_command(const RunOptions& options);
int check_command(const std::vector<std::string>& scenarios, const std::vector<std::string>& overrides);
int report_command(const std::vector<std::string>& directories, const std::string& file);
int techniques_command();
int listen_command(const ManualClientArguments& arguments);
int fetch_command(const ManualClientArguments& arguments);

}  // namespace loadgen
