// Whether this machine can carry a scenario, before it is run: each limit of the kernel with what is needed of it, and
// the command that lifts it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loadgen/host/system_files.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

struct Preflight {
  std::string subject;                  // "file descriptors"
  Level level = Level::kInfo;           // kInfo: enough; kWarn: the result may suffer; kInvalid: the run cannot be made
  std::string limit;                    // what there is
  std::string needed;                   // empty when nothing in particular is
  std::string fix;                      // the command that lifts the limit, or advice; empty when there is enough
  std::optional<std::uint64_t> fits{};  // subscribers, where the limit is one of their number
};

// What the process may do, after it has raised what it can (net::raise_descriptor_limit).
struct ProcessLimits {
  std::uint64_t descriptors = 0;  // of one table
  bool own_tables = false;        // a thread may leave the table of its process
  unsigned cores = 1;
};
ProcessLimits lift_process_limits(std::uint64_t descriptors);  // that one table is wanted to hold
// Of the load generator, or of the reference server where that is more, each with one table.
std::uint64_t descriptors_needed(const Scenario& scenario, unsigned cores);

// One entry for each limit; a limit that the kernel does not tell is left out.
std::vector<Preflight> preflight(const Scenario& scenario, const ProcessLimits& limits,
                                 const SystemFiles& files = SystemFiles());

bool is_fatal(std::span<const Preflight> checks);
// "30000 subscribers do not fit on this machine: about 19892 do", of checks that are fatal.
std::string refusal(const Scenario& scenario, std::span<const Preflight> checks);

// As a table, each line ended by LF; `problems_only` leaves out what is enough (and may be empty).
std::string preflight_text(std::span<const Preflight> checks, bool problems_only);

}  // namespace loadgen
