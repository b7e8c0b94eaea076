// Who publishes: the publisher's thread (publish.from: publisher), or the subscribers themselves. The controller's view
// of either; called from its thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "loadgen/measure/histogram.h"
#include "loadgen/run/recorder.h"
#include "loadgen/run/run_spec.h"

namespace loadgen {

class Publishing {
 public:
  // Messages that are handed to their connections before the loop has a turn and they leave: `sent` is stamped when a
  // message is handed over, so one that waited for thousands behind it would have left later than it says.
  static constexpr int kInARow = 64;

  // `on_ready`: publishing may begin. `on_done`: every message up to the end has been sent, and answered or lost. Both
  // once, on any thread.
  struct Events {
    std::function<void()> on_ready;
    std::function<void()> on_done;
  };
  virtual ~Publishing() = default;

  virtual void start() = 0;
  virtual void publish_from(wire::Time start) = 0;  // message n is sent at start + pacer.due(n)
  virtual void stop() = 0;    // soon no further message; on_done follows when what is out has been answered
  virtual void finish() = 0;  // gives up what is outstanding, and joins
  virtual std::uint64_t published() const = 0;  // so far, for the live display

  // After on_done or finish(): messages of [0, next) of which nobody knows that the server took them, sorted. One that
  // a subscriber has received was published all the same.
  virtual std::vector<std::uint64_t> unpublished() const = 0;
  virtual std::uint64_t next() const = 0;  // the first message that was never tried
  // After finish().
  virtual measure::Histogram send_lag() const = 0;  // sent - intended, of measured messages
  virtual Failures failures() const = 0;
};

}  // namespace loadgen
