// Rules about the machine, before anything runs.
#include <fmt/format.h>

#include "loadgen/host/wait_idle.h"
#include "loadgen/judge/rules.h"

namespace loadgen::rules {

void clock_source(const Scenario&, const HostInfo& host, Findings& found) {
  if (!host.clocksource || is_fast_clock(*host.clocksource)) return;
  found.warn(fmt::format("clocksource {}: {} per read", *host.clocksource, time_text(host.clock_read.count())));
}

void huge_pages(const Scenario&, const HostInfo& host, Findings& found) {
  if (host.huge_pages == "always") found.warn("THP=always: memory slope may step");
}

void processors(const Scenario& scenario, const HostInfo& host, Findings& found) {
  if (is_here(scenario.target) && host.cores < 4) {
    found.warn(fmt::format("{} cores: generator and server share CPUs; CPU per delivery is valid, capacity is not",
                           host.cores));
  }
  if (host.governor && host.governor != "performance") {
    found.info(
        fmt::format("CPU governor '{}': the clock rate follows the load; for steady CPU figures: cpupower "
                    "frequency-set -g performance",
                    *host.governor));
  }
}

void busy_machine(const Scenario&, const HostInfo& host, Findings& found) {
  if (!host.load_average || *host.load_average <= busy_load(host.cores)) return;
  found.warn(fmt::format("machine busy before start (load {:.1f} on {} cores); --wait-idle 120s waits for it to calm",
                         *host.load_average, host.cores));
}

}  // namespace loadgen::rules
