// Which loads to try in order to find the greatest one that a server carries. Knows nothing of servers: it names a
// load, is told what became of it, and names the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace loadgen {

enum class StepVerdict : std::uint8_t {
  kHolds,      // the server carried this load
  kBroken,     // it did not
  kGenerator,  // it was not carried, and the load generator may be the reason
  kUnknown,    // what the condition asks for was not measured
};

struct SearchBounds {
  std::int64_t from = 1;     // the first load; at least `least`
  std::int64_t at_most = 1;  // never offered more; at least `from`
  double precision = 0.05;   // ends when the least load not carried is within so much of the greatest carried one
  std::size_t most_steps = 20;
  std::int64_t least = 1;  // never offered less
};

struct SearchOutcome {
  enum class Limit : std::uint8_t { kServer, kGenerator, kAtMost, kSteps, kUnknown };
  std::optional<std::int64_t> carried;   // the greatest load that was carried
  std::optional<std::int64_t> too_much;  // the least load that was not, twice
  Limit limit = Limit::kSteps;           // what the search met above `carried`, or at the least load tried
};

// Doubles the load while it is carried (halves it while it is not), then goes to the geometric middle. A load that was
// not carried is tried once more before it counts: a machine's hiccup is not the server's limit. When only one of the
// two tries can be blamed on the load generator, the other one is the server's answer. A load of which nothing is known
// ends the search: the next one would be no better.
class CapacitySearch {
 public:
  explicit CapacitySearch(const SearchBounds& bounds) : bounds_(bounds) {}

  std::optional<std::int64_t> next() const;              // nothing: the search is over
  void told(StepVerdict verdict);                        // of the load that next() names
  bool again() const { return first_try_.has_value(); }  // next() names a load for the second time
  std::size_t steps() const { return steps_; }
  SearchOutcome outcome() const;

 private:
  bool closed() const;  // `too_much_` is as near to `carried_`, or to the least load, as was asked

  SearchBounds bounds_;
  std::optional<std::int64_t> carried_;
  std::optional<std::int64_t> too_much_;
  StepVerdict too_much_verdict_ = StepVerdict::kBroken;
  std::optional<StepVerdict> first_try_;
  std::int64_t tried_ = 0;  // when first_try_
  std::size_t steps_ = 0;
  bool unknown_ = false;
};

}  // namespace loadgen
