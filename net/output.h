// What connections queued during one loop iteration: one pool a loop, emptied at the iteration's end. A connection
// keeps two indices and no heap buffer, and a copied send costs a memcpy, no allocation.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "wire/bytes.h"

namespace net {

class OutputPool {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Piece {
    wire::SharedBytes shared;  // keeps `bytes` alive when it is a reference
    wire::Bytes bytes;         // into the arena otherwise
    std::uint32_t next = kNone;
  };

  // Appends to the list (first, last) of one connection.
  void append_copy(std::uint32_t& first, std::uint32_t& last, wire::Bytes bytes);
  void append_shared(std::uint32_t& first, std::uint32_t& last, const wire::SharedBytes& bytes);
  Piece& piece(std::uint32_t index) { return pieces_[index]; }
  void clear();  // nobody refers to a piece any more

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    std::size_t size = 0;
  };
  char* reserve(std::size_t size);
  void link(std::uint32_t& first, std::uint32_t& last, Piece piece);

  static constexpr std::size_t kBlockSize = std::size_t{256} << 10;
  static constexpr std::size_t kBlocksKept = 16;  // memory kept between iterations: 4 MiB
  std::vector<Piece> pieces_;
  std::vector<Block> blocks_;
  std::size_t block_ = 0;  // being filled
  std::size_t used_ = 0;   // bytes of it
};

}  // namespace net
