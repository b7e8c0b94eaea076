#include "allocations.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {
thread_local std::uint64_t count = 0;
thread_local std::int64_t held = 0;

std::int64_t size_of(void* memory) {
  return static_cast<std::int64_t>(malloc_usable_size(memory) + sizeof(std::size_t));
}

void release(void* memory) {
  if (memory == nullptr) return;
  held -= size_of(memory);
  std::free(memory);
}

}  // namespace

std::uint64_t allocations() {
  return count;
}

std::int64_t held_bytes() {
  return held;
}

// The array and sized forms of the library end here; the nothrow form too, but a sanitizer has its own.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* memory = std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) return nullptr;
  ++count;
  held += size_of(memory);
  return memory;
}

void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
