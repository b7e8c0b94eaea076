// The validity rules (docs/validity.md), one small function each, in tables ordered by number. A rule is silent when
// its numbers were not measured.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/host/host_info.h"
#include "loadgen/judge/variant_summary.h"
#include "loadgen/run/run_result.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// What the rule of one number says.
class Findings {
 public:
  Findings(int rule, std::vector<Warning>& warnings) : rule_(rule), warnings_(warnings) {}
  void info(std::string message) { add(Level::kInfo, std::move(message)); }
  void warn(std::string message) { add(Level::kWarn, std::move(message)); }
  void invalid(std::string message) { add(Level::kInvalid, std::move(message)); }
  void add(Level level, std::string message) { warnings_.push_back({rule_, level, std::move(message)}); }

 private:
  int rule_;
  std::vector<Warning>& warnings_;
};

template <typename... Subject>
struct Rule {
  int number;  // 0: what no rule of docs/validity.md covers
  void (*check)(const Subject&..., Findings&);
};
using PlanRule = Rule<Scenario, HostInfo>;                               // before the first run
using RunRule = Rule<RunResult>;                                         // of each run, and of its verdict
using ComparisonRule = Rule<Scenario, std::span<const VariantSummary>>;  // of all runs side by side

std::span<const PlanRule> plan_rules();
std::span<const RunRule> run_rules();
std::span<const ComparisonRule> comparison_rules();

namespace rules {

void completeness(const RunResult& run, Findings& found);
void failures(const RunResult& run, Findings& found);
void server_gone(const RunResult& run, Findings& found);
void syscalls_unknown(const RunResult& run, Findings& found);
void no_interval_log(const RunResult& run, Findings& found);
void publisher_lag(const RunResult& run, Findings& found);      // 1
void closed_loop(const RunResult& run, Findings& found);        // 2
void missing(const RunResult& run, Findings& found);            // 3
void absences(const RunResult& run, Findings& found);           // 4
void clamped(const RunResult& run, Findings& found);            // 6
void busy_loops(const RunResult& run, Findings& found);         // 9
void late_loops(const RunResult& run, Findings& found);         // 10
void unread_in_kernel(const RunResult& run, Findings& found);   // 10
void near_baseline(const RunResult& run, Findings& found);      // 10
void rate_not_reached(const RunResult& run, Findings& found);   // 11
void stolen_time(const RunResult& run, Findings& found);        // 12
void stalls(const RunResult& run, Findings& found);             // 12
void unsteady(const RunResult& run, Findings& found);           // 13
void jit_runtime(const RunResult& run, Findings& found);        // 14
void schedule_error(const RunResult& run, Findings& found);     // 19
void phase_locking(const RunResult& run, Findings& found);      // 20
void delayed_ack(const RunResult& run, Findings& found);        // 21
void no_ports(const RunResult& run, Findings& found);           // 23
void listen_queue(const RunResult& run, Findings& found);       // 24
void memory_not_linear(const RunResult& run, Findings& found);  // 25
void batching(const RunResult& run, Findings& found);           // 26
void fanout_position(const RunResult& run, Findings& found);    // 27
void damaged(const RunResult& run, Findings& found);            // 29
void bursts(const RunResult& run, Findings& found);             // 32

void clock_source(const Scenario& scenario, const HostInfo& host, Findings& found);  // 18
void loopback(const Scenario& scenario, const HostInfo& host, Findings& found);      // 22
void source_ports(const Scenario& scenario, const HostInfo& host, Findings& found);  // 23
void huge_pages(const Scenario& scenario, const HostInfo& host, Findings& found);    // 25
void processors(const Scenario& scenario, const HostInfo& host, Findings& found);    // 30
void busy_machine(const Scenario& scenario, const HostInfo& host, Findings& found);  // 31

void left_out(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found);
void few_samples(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found);        // 7
void dependent_samples(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found);  // 8
void unlike_settings(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found);    // 28
void rare_events(const Scenario& scenario, const std::span<const VariantSummary>& groups, Findings& found);        // 34

bool is_here(const Target& target);  // on the machine of the load generator, as far as its URL tells

// For their sentences.
std::string time_text(std::int64_t ns);
std::string percent(double share);
std::string count_text(std::uint64_t count);

}  // namespace rules
}  // namespace loadgen
