// How often this thread has asked for memory: operator new of the whole test binary is replaced in allocations.cc.
#pragma once

#include <cstdint>

std::uint64_t allocations();
