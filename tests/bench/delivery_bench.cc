// What one delivery costs the load generator, from the bytes of a read to the histograms: everything but the kernel.
// Goals: 100 ns a message for streams at 16 messages a read, 200 ns for socketio, 1.2 us for each response of polling
// and long-polling.
#include <benchmark/benchmark.h>

#include "delivery_path.h"

namespace {

void deliver(benchmark::State& state, const char* technique) {
  const auto messages = static_cast<std::size_t>(state.range(0));
  loadgen::DeliveryPath path(technique, messages);
  for (auto _ : state) path.read();
  if (!path.failure().empty() || path.delivered() != state.iterations() * messages)
    state.SkipWithError(path.failure().empty() ? "messages were lost" : path.failure().data());
  state.SetItemsProcessed(static_cast<std::int64_t>(path.delivered()));
  state.counters["ns_per_message"] = benchmark::Counter(static_cast<double>(path.delivered()) / 1e9,
                                                        benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK_CAPTURE(deliver, websocket, "websocket")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, socketio, "socketio")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, sse, "sse")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, http_streaming, "http-streaming")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, forever_frame, "forever-frame")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, long_polling, "long-polling")->ArgName("messages")->Arg(1)->Arg(16);
BENCHMARK_CAPTURE(deliver, polling, "polling")->ArgName("messages")->Arg(1)->Arg(16);

}  // namespace
