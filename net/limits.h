// Descriptor limits: how many connections fit, and how more are made to fit.
//
// A limit (RLIMIT_NOFILE) counts in each descriptor table. Threads share the table of their process unless they leave
// it with unshare(2), CLONE_FILES: then each may open as many descriptors as the whole process might before. No
// privilege is needed for that, where raising a hard limit needs one.
#pragma once

#include <cstdint>
#include <string>

namespace net {

struct DescriptorLimit {
  std::uint64_t soft = 0;  // what holds now
  std::uint64_t hard = 0;
};

// Raises RLIMIT_NOFILE to the hard limit, and further when `needed` is more and this process may (CAP_SYS_RESOURCE;
// fs.nr_open bounds it). Call it before threads start.
DescriptorLimit raise_descriptor_limit(std::uint64_t needed = 0);

// Of one table that `threads` share, `connections` of them included.
std::uint64_t descriptors_needed(std::uint64_t connections, std::uint64_t threads);
// The reverse: how many connections fit under `limit`.
std::uint64_t connections_that_fit(std::uint64_t limit, std::uint64_t threads);

struct DescriptorPlan {
  std::uint64_t threads = 1;  // at least so many are needed
  bool own_tables = false;    // each of them begins with own_descriptor_table()
};

// How `connections` fit under `limit` descriptors a table on `threads` threads or more. `even`: the connections are
// spread over the threads exactly and not by the kernel's hash, which needs a margin.
DescriptorPlan plan_descriptors(std::uint64_t connections, std::uint64_t limit, std::uint64_t threads, bool even);

// The calling thread leaves the process's table: it gets a copy, and what it opens from now on is its own. What others
// must use of it (a loop's wake-up) has to be open before. False, with errno, where the kernel refuses.
bool own_descriptor_table();

// Tries that on a thread that ends at once.
bool may_own_descriptor_tables();

// The command that raises the limit to `needed`: "ulimit -Hn 1000108". `nr_open` is fs.nr_open, above which no limit
// may be set (0: not known); where it is less, it has to be raised first.
std::string descriptor_cure(std::uint64_t needed, std::uint64_t nr_open);

// "20000 descriptors are allowed, 1000108 are needed; raise it with: ulimit -Hn 1000108"
std::string descriptor_shortage(std::uint64_t limit, std::uint64_t needed);

}  // namespace net
