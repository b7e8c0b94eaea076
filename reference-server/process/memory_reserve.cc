#include "reference-server/process/memory_reserve.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

namespace server::memory_reserve {

namespace {

// Of pieces that a heap in pieces has room for. A shortage takes some at a time: threads may run short side by side.
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kPieces = kBytes / kPieceBytes;
constexpr std::size_t kAtATime = kPieces / 4;

std::mutex mutex;
std::array<void*, kPieces> pieces{};  // guarded by mutex; malloc's, of which nothing is touched
std::size_t kept = 0;                 // guarded by mutex
std::atomic<bool> is_whole{true};     // without a reserve, too

void give_some() {
  const std::lock_guard lock(mutex);
  if (kept == 0) throw std::bad_alloc();
  is_whole = false;
  for (std::size_t i = 0; i < kAtATime && kept > 0; ++i) std::free(pieces[--kept]);
}

}  // namespace

void keep() {
  if (refill()) std::set_new_handler(give_some);
}

bool whole() {
  return is_whole.load(std::memory_order_relaxed);
}

bool refill() {
  const std::lock_guard lock(mutex);
  for (; kept < kPieces; ++kept) {
    pieces[kept] = std::malloc(kPieceBytes);
    if (pieces[kept] == nullptr) return false;
  }
  is_whole = true;
  return true;
}

bool has_room_for(std::size_t bytes) {
  void* const room = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (room == MAP_FAILED) return false;
  munmap(room, bytes);
  return true;
}

}  // namespace server::memory_reserve
