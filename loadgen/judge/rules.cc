#include "loadgen/judge/rules.h"

#include <fmt/format.h>

#include <array>

#include "loadgen/scenario/units.h"
#include "wire/units.h"

namespace loadgen {

std::span<const PlanRule> plan_rules() {
  static constexpr std::array<PlanRule, 6> kRules = {{
      {18, rules::clock_source},
      {22, rules::loopback},
      {23, rules::source_ports},
      {25, rules::huge_pages},
      {30, rules::processors},
      {31, rules::busy_machine},
  }};
  return kRules;
}

std::span<const RunRule> run_rules() {
  static constexpr std::array<RunRule, 29> kRules = {{
      {0, rules::completeness},
      {0, rules::server_gone},
      {0, rules::syscalls_unknown},
      {0, rules::no_interval_log},
      {0, rules::failures},
      {1, rules::publisher_lag},
      {2, rules::closed_loop},
      {3, rules::missing},
      {4, rules::absences},
      {6, rules::clamped},
      {9, rules::busy_loops},
      {10, rules::late_loops},
      {10, rules::unread_in_kernel},
      {10, rules::near_baseline},
      {11, rules::rate_not_reached},
      {12, rules::stolen_time},
      {12, rules::stalls},
      {13, rules::unsteady},
      {14, rules::jit_runtime},
      {19, rules::schedule_error},
      {20, rules::phase_locking},
      {21, rules::delayed_ack},
      {23, rules::no_ports},
      {24, rules::listen_queue},
      {25, rules::memory_not_linear},
      {26, rules::batching},
      {27, rules::fanout_position},
      {29, rules::damaged},
      {32, rules::bursts},
  }};
  return kRules;
}

std::span<const ComparisonRule> comparison_rules() {
  static constexpr std::array<ComparisonRule, 5> kRules = {{
      {0, rules::left_out},
      {7, rules::few_samples},
      {8, rules::dependent_samples},
      {28, rules::unlike_settings},
      {34, rules::rare_events},
  }};
  return kRules;
}

namespace rules {

bool is_here(const Target& target) {
  return !target.is_running() || target.is_loopback();
}

std::string time_text(std::int64_t ns) {
  return human_time(static_cast<double>(ns));
}

std::string percent(double share) {
  return fmt::format("{:.3g} %", share * 100);
}

std::string count_text(std::uint64_t count) {
  return wire::format_count(count);
}

}  // namespace rules
}  // namespace loadgen
