// What a publish costs the server without the kernel: encoded once and handed to every subscriber, from the hub to the
// buffers that a write would take.
#include <benchmark/benchmark.h>

#include "fanout_path.h"

namespace {

void fan_out(benchmark::State& state, const char* technique) {
  const auto subscribers = static_cast<std::size_t>(state.range(0));
  const auto messages = static_cast<std::size_t>(state.range(1));
  server::FanoutPath path(technique, subscribers);
  for (auto _ : state) path.publish(messages);
  if (path.delivered() != state.iterations() * subscribers * messages) state.SkipWithError("messages were lost");
  state.SetItemsProcessed(static_cast<std::int64_t>(path.delivered()));
  state.counters["ns_per_delivery"] = benchmark::Counter(static_cast<double>(path.delivered()) / 1e9,
                                                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(fan_out, websocket, "websocket")
    ->ArgNames({"subscribers", "messages"})
    ->ArgsProduct({{1, 10'000}, {1, 16}});
BENCHMARK_CAPTURE(fan_out, sse, "sse")->ArgNames({"subscribers", "messages"})->ArgsProduct({{1, 10'000}, {1, 16}});
BENCHMARK_CAPTURE(fan_out, http_streaming, "http-streaming")
    ->ArgNames({"subscribers", "messages"})
    ->ArgsProduct({{1, 10'000}, {1, 16}});

}  // namespace
