#include "loadgen/run/voice.h"

#include <algorithm>
#include <utility>

#include "loadgen/run/worker.h"

namespace loadgen {

Voice::Voice(Worker& worker, std::uint32_t subscriber)
    : worker_(worker),
      subscriber_(subscriber),
      posting_(worker.spec(), worker.loop(), *this, &worker.counts(), worker.tls_counts()) {}

Voice::~Voice() {
  posting_.give_up();
}

void Voice::post(std::uint64_t message, wire::Bytes payload) {
  if (!posting_.is_open() && !posting_.is_connecting())
    posting_.connect(worker_.source_address(worker_.spec().target, subscriber_));
  posting_.post(message, payload);
}

void Voice::spoke(std::uint64_t message) {
  first_spoken_ = std::min(first_spoken_, message);
}

void Voice::connection_lost() {
  if (first_spoken_ == kNothing) return;
  worker_.speakers()->connection_lost(std::exchange(first_spoken_, kNothing));
}

void Voice::on_published(std::uint64_t message) {
  worker_.speakers()->published(message);
}

void Voice::on_unpublished(std::uint64_t message) {
  worker_.speakers()->post_unpublished(message);
}

void Voice::on_posting_failure(Failure kind, std::string_view detail) {
  worker_.speakers()->fail(kind, detail);
}

}  // namespace loadgen
