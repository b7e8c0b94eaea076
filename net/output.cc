#include "net/output.h"

#include <algorithm>
#include <cstring>

namespace net {

char* OutputPool::reserve(std::size_t size) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t block_size = std::max(size, kBlockSize);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(block_size), block_size});
    used_ = 0;
  }
  char* place = blocks_[block_].memory.get() + used_;
  used_ += size;
  return place;
}

void OutputPool::link(std::uint32_t& first, std::uint32_t& last, Piece piece) {
  const auto index = static_cast<std::uint32_t>(pieces_.size());
  pieces_.push_back(std::move(piece));
  if (first == kNone) {
    first = index;
  } else {
    pieces_[last].next = index;
  }
  last = index;
}

void OutputPool::append_copy(std::uint32_t& first, std::uint32_t& last, wire::Bytes bytes) {
  if (bytes.empty()) return;
  char* place = reserve(bytes.size());
  std::memcpy(place, bytes.data(), bytes.size());
  if (last !=
      kNone) {  // grows the connection's last piece when that lies right before: a head and its body are one piece
    Piece& previous = pieces_[last];
    if (!previous.shared && previous.bytes.data() + previous.bytes.size() == place) {
      previous.bytes = {previous.bytes.data(), previous.bytes.size() + bytes.size()};
      return;
    }
  }
  link(first, last, {{}, {place, bytes.size()}, kNone});
}

void OutputPool::append_shared(std::uint32_t& first, std::uint32_t& last, const wire::SharedBytes& bytes) {
  if (bytes.empty()) return;
  link(first, last, {bytes, bytes.view(), kNone});
}

void OutputPool::clear() {
  pieces_.clear();
  if (blocks_.size() > kBlocksKept) blocks_.resize(kBlocksKept);
  block_ = 0;
  used_ = 0;
}

}  // namespace net
