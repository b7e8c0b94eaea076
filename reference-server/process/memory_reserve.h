// Memory kept back for the time when there is no more. An allocation that fails takes from it and goes on, so that what
// was begun can be finished; what can wait (a publish) is refused until the reserve is whole again.
#pragma once

#include <cstddef>

namespace server::memory_reserve {

inline constexpr std::size_t kBytes = std::size_t{16} << 20;

void keep();    // once, at the start of the process: becomes its new-handler
bool whole();   // from any thread, as all that follows
bool refill();  // whole now
// Whether so many bytes more can be had at a time, beside the reserve.
bool has_room_for(std::size_t bytes);

}  // namespace server::memory_reserve
