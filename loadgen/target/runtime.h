// Which processes compile while they run: what they cost and how fast they are changes until they have warmed up.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace loadgen {

// Whether the file that a process runs is that of a runtime with a just-in-time compiler and a garbage collector: node,
// bun, deno, java, dotnet, beam.smp (Erlang, Elixir), pypy.
bool is_jit_runtime(std::string_view program);

// Those among the process and its descendants, each once: "node".
std::vector<std::string> runtimes_of(pid_t pid);

}  // namespace loadgen
