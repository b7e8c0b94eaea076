// Rules about what the numbers of a run have in common with one another.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "loadgen/judge/rules.h"

namespace loadgen::rules {

namespace {

using measure::Steadiness;
constexpr std::size_t kThird = Steadiness::kBlocks / 3;

// Deliveries of one cluster, and those of them above the middle of all.
struct Cluster {
  double all = 0;
  double above = 0;
};

// The number of independent deliveries that would tell the share above the middle as well as these do: all of them,
// divided by the design effect (the variance between clusters over that of independent draws).
double effective_size(std::span<const Cluster> clusters) {
  double all = 0, above = 0;
  for (const Cluster& cluster : clusters) {
    all += cluster.all;
    above += cluster.above;
  }
  const double share = above / all;
  double squares = 0;
  for (const Cluster& cluster : clusters) {
    const double excess = cluster.above - share * cluster.all;
    squares += excess * excess;
  }
  const auto count = static_cast<double>(clusters.size());
  const double effect = squares * count / (count - 1) / (all * share * (1 - share));
  return all / std::max(effect, 1.0);
}

// Repetitions where there are three; else the blocks of the runs.
std::vector<Cluster> clusters_of(const VariantSummary& group) {
  const std::int64_t middle = group.distribution("delivery_latency").histogram.value_at_quantile(0.5);
  const bool by_run = group.runs.size() >= 3;
  std::vector<Cluster> clusters;
  for (const RunResult* run : group.runs) {
    Cluster whole;
    for (std::size_t block = 0; block < Steadiness::kBlocks; ++block) {
      const Steadiness& steadiness = run->recorder.steadiness;
      const Cluster part{static_cast<double>(steadiness.count(block)),
                         static_cast<double>(steadiness.count_above(block, middle))};
      whole.all += part.all;
      whole.above += part.above;
      if (!by_run && part.all > 0) clusters.push_back(part);
    }
    if (by_run && whole.all > 0) clusters.push_back(whole);
  }
  return clusters;
}

}  // namespace

// The medians of the blocks of the first third against those of the last: every one of the one on the same side of
// every one of the other. Of runs that are steady, 2 in 252 look so by chance.
void unsteady(const RunResult& run, Findings& found) {
  constexpr double kDrift = 0.1;
  constexpr std::uint64_t kMessagesABlock = 2;
  const Steadiness& steadiness = run.recorder.steadiness;
  if (!run.steady_load || steadiness.messages() < kMessagesABlock * Steadiness::kBlocks) return;
  std::array<std::int64_t, kThird> first{}, last{};
  for (std::size_t i = 0; i < kThird; ++i) {
    const auto early = steadiness.median(i);
    const auto late = steadiness.median(Steadiness::kBlocks - kThird + i);
    if (!early || !late) return;
    first[i] = *early;
    last[i] = *late;
  }
  std::ranges::sort(first);
  std::ranges::sort(last);
  if (first.back() >= last.front() && last.back() >= first.front()) return;
  const double drift = static_cast<double>(last[kThird / 2]) / static_cast<double>(first[kThird / 2]) - 1;
  if (std::abs(drift) <= kDrift) return;
  found.warn(fmt::format("no steady state after {:.3g} s of warm-up (p50 drifts {:+.0f} %)",
                         std::chrono::duration<double>(run.phases.warm_up).count(), drift * 100));
}

void left_out(const Scenario&, const std::span<const VariantSummary>& groups, Findings& found) {
  for (const VariantSummary& group : groups) {
    if (group.left_out == 0) continue;
    found.warn(fmt::format("{}: {} of {} repetitions invalid and left out", group.variant->label(), group.left_out,
                           group.repetitions()));
  }
}

void dependent_samples(const Scenario&, const std::span<const VariantSummary>& groups, Findings& found) {
  std::string list;
  for (const VariantSummary& group : groups) {
    const std::vector<Cluster> clusters = clusters_of(group);
    double above = 0, all = 0;
    for (const Cluster& cluster : clusters) {
      above += cluster.above;
      all += cluster.all;
    }
    if (clusters.size() < 3 || above == 0 || above == all) continue;
    const double size = effective_size(clusters);
    if (size > 0.5 * all) continue;
    list += fmt::format("{}{} {} of {}", list.empty() ? "" : "; ", group.variant->label(),
                        count_text(static_cast<std::uint64_t>(std::llround(size))),
                        count_text(static_cast<std::uint64_t>(all)));
  }
  if (!list.empty()) found.info("effective sample size of the p50: " + list);
}

}  // namespace loadgen::rules
