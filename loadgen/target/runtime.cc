#include "loadgen/target/runtime.h"

#include <algorithm>
#include <array>

#include "loadgen/host/process.h"
#include "loadgen/target/target_process.h"

namespace loadgen {

// "node20", "java-17" and "pypy3.9" are what distributions name them: digits and what joins them may follow.
bool is_jit_runtime(std::string_view program) {
  constexpr std::array<std::string_view, 9> kRuntimes = {"node",   "nodejs", "bun",      "deno", "java",
                                                         "dotnet", "beam",   "beam.smp", "pypy"};
  const std::size_t end = program.find_last_not_of("0123456789.-");
  const std::string_view name = end == std::string_view::npos ? std::string_view{} : program.substr(0, end + 1);
  return std::ranges::find(kRuntimes, name) != kRuntimes.end();
}

std::vector<std::string> runtimes_of(pid_t pid) {
  std::vector<std::string> found;
  for (const pid_t member : process_tree(pid)) {
    const std::string program = program_of(member);
    if (is_jit_runtime(program) && std::ranges::find(found, program) == found.end()) found.push_back(program);
  }
  return found;
}

}  // namespace loadgen
