// The subcommands of `pushbench`, one function each; they return the exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadgen {

struct RunOptions {
  std::vector<std::string> scenarios;
  std::string directory;                     // empty: results/<scenario>-<UTC time>
  std::vector<std::string> only;             // technique names or labels
  std::vector<std::string> overrides;        // KEY=VALUE
  std::optional<std::int64_t> repeat;
  std::optional<std::uint64_t> seed;
  bool quiet = false;
  bool no_report = false;
  std::string command;                       // as typed
};

int run_command(const RunOptions& options);
int check_command(const std::vector<std::string>& scenarios, const std::vector<std::string>& overrides);
int report_command(const std::vector<std::string>& directories, const std::string& file);
int techniques_command();

}  // namespace loadgen
