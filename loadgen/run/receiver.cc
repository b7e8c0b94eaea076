#include "loadgen/run/receiver.h"

#include <algorithm>
#include <iterator>

namespace loadgen {

void Receiver::leave(std::uint64_t place) {
  if (!tracker.started()) return;
  if (absences == nullptr) absences = std::make_unique<std::vector<Range>>();
  if (!absences->empty() && absences->back().to == kStillAway) return;
  // What was replayed in full needs no memory. Only the latest are looked at, so that a subscriber that loses its
  // connection again and again does not look at all of its absences each time.
  while (!absences->empty() && tracker.missing_in(absences->back().from, absences->back().to - 1) == 0)
    absences->pop_back();
  absences->push_back({std::max(tracker.next(), place), kStillAway});
  absent_before = kStillAway;
}

void Receiver::come_back(std::uint64_t place) {
  if (absences == nullptr || absences->empty() || absences->back().to != kStillAway) return;
  Range absence = absences->back();
  absences->pop_back();
  absence.to = std::max(absence.from, place);
  if (!absences->empty() && absence.from <= absences->back().to) {  // away again before the replay was over
    absences->back().to = std::max(absences->back().to, absence.to);
  } else if (absence.from < absence.to) {
    absences->push_back(absence);
  }
  absent_before = absences->empty() ? 0 : absences->back().to;
}

bool Receiver::find_absence(std::uint64_t place) const {
  const auto after = std::ranges::upper_bound(*absences, place, {}, &Range::from);
  return after != absences->begin() && place < std::prev(after)->to;
}

}  // namespace loadgen
