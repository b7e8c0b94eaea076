#include "loadgen/run/collect.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "loadgen/host/process.h"
#include "loadgen/run/accounting.h"

namespace loadgen {

void collect(const RunSpec& spec, const Publishing& publishing, std::span<const std::unique_ptr<Worker>> workers,
             RunResult& result) {
  measure::FanOut fanout;  // only here: it has an entry for each message, and results are kept
  for (const auto& worker : workers) {
    fanout.merge(std::move(worker->recorder().fanout));
    result.recorder.merge(worker->recorder());
    result.window.add(worker->window());
    result.idle_window.add(worker->idle_window());
  }
  const std::uint64_t end = std::max(publishing.next(), spec.first_measured);
  const std::vector<std::uint64_t> lost = lost_messages(spec, publishing.unpublished(), publishing.next(), fanout);
  const Unpublished unpublished(spec, lost);
  for (const auto& worker : workers) {
    for (const Receiver& receiver : worker->receivers()) {
      const ExpectedDeliveries account = account_of(spec, receiver, end, unpublished);
      result.expected += account.expected;
      result.missing += account.missing;
      result.missed_while_away += account.missed_while_away;
      result.connected += receiver.tracker.started() ? 1 : 0;
    }
  }
  result.publish_failed = lost.size();
  result.published = end - spec.first_measured - result.publish_failed;
  result.subscribers = static_cast<std::uint64_t>(spec.scenario.subscribers);
  result.topics = spec.topics;
  result.workers = static_cast<std::uint32_t>(workers.size());
  result.send_lag = publishing.send_lag();
  result.fanout_spread = fanout.spreads();
  result.failures = result.recorder.failures;
  result.failures.merge(publishing.failures());
  const double seconds = std::chrono::duration<double>(result.phases.measure).count();
  if (seconds > 0) {
    result.achieved_rate = static_cast<double>(result.published) / seconds;
    result.offered_rate = static_cast<double>(end - spec.first_measured) / seconds;
  }
  result.generator_rss_bytes = read_own_memory().rss_bytes;
}

}  // namespace loadgen
