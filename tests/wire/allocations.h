// How often this thread has asked for memory: operator new of the whole test binary is replaced in allocations.cc.
#pragma once

#include <cstdint>

std::uint64_t allocations();

// Bytes that this thread has asked for and not given back, as malloc counts them: rounded up, with its own eight a
// block.
std::int64_t held_bytes();
