// The subcommands of `pushbench`. Each has a file of its own, with its options, its help and what it does.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace loadgen {

// What a subcommand is told, and what it answers.
struct Invocation {
  std::string command;  // as typed, for results
  int exit_code = 0;
};

// 0 is good, and 1 a threshold that is broken.
inline constexpr int kUsageError = 2;     // what was typed, or a scenario, is wrong
inline constexpr int kNotMeasured = 3;    // something that was asked for could not be measured, or written
inline constexpr int kFirstSignal = 128;  // ended by a signal: this and its number

// Each adds its subcommand to `app`, which parses later; `invocation` must still live then.
void add_run(CLI::App& app, Invocation& invocation);
void add_check(CLI::App& app, Invocation& invocation);
void add_report(CLI::App& app, Invocation& invocation);
void add_listen(CLI::App& app, Invocation& invocation);
void add_fetch(CLI::App& app, Invocation& invocation);
void add_techniques(CLI::App& app, Invocation& invocation);
void add_idle_server(CLI::App& app, Invocation& invocation);

// What `report` does, for `run`: one page from the results in `directories`. Returns the exit code, after a sentence
// when it is not 0.
int make_report(const std::vector<std::string>& directories, const std::string& file);

}  // namespace loadgen
