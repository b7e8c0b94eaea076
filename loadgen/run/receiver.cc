#include "loadgen/run/receiver.h"

#include <algorithm>

namespace loadgen {

void Receiver::leave(std::uint64_t place) {
  if (!tracker.started()) return;
  if (absences == nullptr) absences = std::make_unique<std::vector<Range>>();
  if (!absences->empty() && absences->back().to == kStillAway) return;
  // What was replayed in full needs no memory.
  std::erase_if(*absences, [this](const Range& range) { return tracker.missing_in(range.from, range.to - 1) == 0; });
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
  return std::ranges::any_of(*absences,
                             [place](const Range& range) { return place >= range.from && place < range.to; });
}

}  // namespace loadgen
