#include "net/limits.h"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace net {

namespace {

// Besides connections, each table holds listeners, files and what the standard library opens.
constexpr std::uint64_t kOtherDescriptors = 100;
// What each thread's loop and timers need of the table that all threads copy.
constexpr std::uint64_t kDescriptorsPerThread = 8;
// SO_REUSEPORT spreads by a hash: the share of a listener that gets n connections on average has a standard deviation
// of about sqrt(n). Five of them are 4 % of 18,000.
constexpr double kUnevenShare = 0.92;

std::uint64_t most_descriptors() {
  std::uint64_t most = 0;
  std::ifstream("/proc/sys/fs/nr_open") >> most;
  return most;
}

}  // namespace

DescriptorLimit raise_descriptor_limit(std::uint64_t needed) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  if (needed > limit.rlim_max) {
    const rlim_t wanted = std::min<rlim_t>(needed, most_descriptors());
    const rlimit raised{wanted, wanted};
    if (wanted > limit.rlim_max && setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return {limit.rlim_cur, limit.rlim_max};
}

std::uint64_t descriptors_needed(std::uint64_t connections, std::uint64_t threads) {
  return connections + kOtherDescriptors + std::max<std::uint64_t>(threads, 1) * kDescriptorsPerThread;
}

std::uint64_t connections_that_fit(std::uint64_t limit, std::uint64_t threads) {
  return limit - std::min(limit, descriptors_needed(0, threads));
}

DescriptorPlan plan_descriptors(std::uint64_t connections, std::uint64_t limit, std::uint64_t threads, bool even) {
  DescriptorPlan plan{std::max<std::uint64_t>(threads, 1), false};
  if (descriptors_needed(connections, plan.threads) <= limit) return plan;
  plan.own_tables = true;
  const double share = even ? 1.0 : kUnevenShare;
  while (true) {
    const auto room = static_cast<double>(connections_that_fit(limit, plan.threads));
    const std::uint64_t each = std::max<std::uint64_t>(static_cast<std::uint64_t>(share * room), 1);
    const std::uint64_t needed = (connections + each - 1) / each;
    if (needed <= plan.threads || each <= 1) return plan;
    plan.threads = std::max(needed, plan.threads + 1);
  }
}

bool own_descriptor_table() {
  return unshare(CLONE_FILES) == 0;
}

bool may_own_descriptor_tables() {
  bool may = false;
  std::thread([&may] { may = own_descriptor_table(); }).join();
  return may;
}

std::string descriptor_cure(std::uint64_t needed, std::uint64_t nr_open) {
  const std::string number = std::to_string(needed);
  const std::string first = nr_open != 0 && needed > nr_open ? "sysctl -w fs.nr_open=" + number + " && " : "";
  return first + "ulimit -Hn " + number;
}

std::string descriptor_shortage(std::uint64_t limit, std::uint64_t needed) {
  return std::to_string(limit) + " descriptors are allowed, " + std::to_string(needed) +
         " are needed; raise it with: " + descriptor_cure(needed, most_descriptors());
}

}  // namespace net
