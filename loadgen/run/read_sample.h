// Whose receives the kernel stamps (validity rule 10): a sample, since each of their reads costs a system call more.
#pragma once

#include <cstddef>
#include <cstdint>

namespace loadgen {

// One subscriber in a hundred, at random but the same in every run: numbers at a fixed distance would all lie on one
// worker, or on one topic. The first of every worker is in it. A worker of fewer has none: there the sample would be a
// large part of what is measured, and the lag of the loop (LagProbe) has to tell. `place`: among the worker's.
inline bool is_read_sample(std::uint32_t number, std::size_t place, std::size_t subscribers_of_worker) {
  constexpr std::uint32_t kOneIn = 100;
  if (subscribers_of_worker < kOneIn) return false;
  std::uint32_t mixed = number;  // the finaliser of MurmurHash3
  mixed = (mixed ^ (mixed >> 16)) * 0x85ebca6bU;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35U;
  mixed ^= mixed >> 16;
  return place == 0 || mixed % kOneIn == 0;
}

}  // namespace loadgen
