// Content-Encoding: gzip (RFC 1952) of a body without end, in pieces that many bodies share: a header of its own, then
// the same deflated segments (RFC 1951) for all, each flushed to a byte boundary and referring to nothing before it, at
// the end a trailer whose checksum is put together from those of the pieces.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wire/bytes.h"

namespace wire::gzip {

// Deflate, no flags, no time, no matter which system (RFC 1952 section 2.3).
inline constexpr Bytes kHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);

// What the trailer tells of the bytes before compression.
struct Sum {
  std::uint32_t crc = 0;
  std::uint32_t size = 0;  // modulo 2^32
};

// One piece, added to the sum of every body that it is sent in.
class Piece {
 public:
  Piece() = default;
  explicit Piece(Bytes plain);
  void add_to(Sum& body) const;
  std::uint32_t size() const { return sum_.size; }

 private:
  Sum sum_;
  std::uint32_t operation_ = 0;  // of zlib's crc32_combine_op
};

void append_segment(std::string& out, Bytes plain);  // nothing for nothing
void append_trailer(std::string& out, Sum body);     // an empty last block, the checksum and the size

// Reads a body that arrives in any pieces, and hands out what each brings at once. Allocates its state with the first
// byte.
class Reader {
 public:
  enum class Result : std::uint8_t { kOk, kTooBig, kCorrupt };
  // May neither feed nor destroy the reader.
  class Handler {
   public:
    virtual void on_plain(Bytes piece) = 0;  // valid during the call

   protected:
    ~Handler() = default;
  };
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // kTooBig: more than kMaxRatio times what was read (and kFree), which no text is and a bomb is. After anything but
  // kOk it can only be reset or destroyed.
  Result feed(Bytes bytes, Handler& handler);
  std::uint64_t read() const { return read_; }    // bytes of the body so far, as they came
  std::uint64_t plain() const { return plain_; }  // the same after decompression
  void reset();

  static constexpr std::uint64_t kMaxRatio = 200;
  static constexpr std::uint64_t kFree = std::uint64_t{1} << 20;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
  std::uint64_t read_ = 0;
  std::uint64_t plain_ = 0;
};

}  // namespace wire::gzip
