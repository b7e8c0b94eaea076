#include "loadgen/host/wait_idle.h"

#include <algorithm>
#include <sstream>
#include <thread>

#include "net/clock.h"

namespace loadgen {

namespace {

std::optional<double> load_average(const SystemFiles& files) {
  std::istringstream line(files.text("proc/loadavg").value_or(""));
  double load = 0;
  if (!(line >> load)) return std::nullopt;
  return load;
}

}  // namespace

std::optional<double> wait_until_idle(unsigned cores, wire::Nanos limit, const SystemFiles& files) {
  constexpr wire::Nanos kStep = std::chrono::seconds(1);
  const wire::Time end = net::now() + limit;
  std::optional<double> load = load_average(files);
  while (load && *load > busy_load(cores)) {
    const wire::Nanos left = end - net::now();
    if (left <= wire::Nanos(0)) break;
    std::this_thread::sleep_for(std::min(kStep, left));
    load = load_average(files);
  }
  return load;
}

}  // namespace loadgen
