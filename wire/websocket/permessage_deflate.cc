#include "wire/websocket/permessage_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <new>

namespace wire::websocket {
namespace {

// What a flush ends with and the wire leaves out (section 7.2.1).
constexpr Bytes kTail("\x00\x00\xff\xff", 4);
constexpr std::size_t kStep = std::size_t{16} << 10;  // of output at a time
constexpr int kMemoryLevel = 8;

// zlib takes no window of 256 bytes for raw deflate. With one of 512 it refers back by 250 bytes at most (its
// MAX_DIST is the window less 262), so that what it writes is good for a peer whose window is 256.
int deflate_bits(std::uint8_t window_bits) {
  return std::max<int>(window_bits, 9);
}

Bytef* input_of(Bytes bytes) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

// zlib counts in unsigned int.
Bytes take_block(Bytes& bytes) {
  const Bytes block = bytes.substr(0, UINT_MAX / 2);
  bytes.remove_prefix(block.size());
  return block;
}

}  // namespace

struct Deflater::Stream {
  z_stream z{};
};

Deflater::Deflater(std::uint8_t window_bits) : stream_(std::make_unique<Stream>()) {
  if (deflateInit2(&stream_->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -deflate_bits(window_bits), kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

Deflater::~Deflater() {
  deflateEnd(&stream_->z);
}

void Deflater::reset() {
  deflateReset(&stream_->z);
}

void Deflater::append(std::string& out, Bytes message) {
  if (message.empty()) {  // a flush of nothing writes nothing: the empty block of section 7.2.3.6
    out.push_back('\0');
    return;
  }
  z_stream& z = stream_->z;
  std::array<Bytef, kStep> step;
  while (!message.empty()) {
    const Bytes block = take_block(message);
    z.next_in = input_of(block);
    z.avail_in = static_cast<uInt>(block.size());
    do {
      z.next_out = step.data();
      z.avail_out = static_cast<uInt>(step.size());
      deflate(&z, message.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH);
      out.append(reinterpret_cast<const char*>(step.data()), step.size() - z.avail_out);
    } while (z.avail_out == 0);
  }
  out.resize(out.size() - kTail.size());
}

void append_deflated(std::string& out, Bytes message, std::uint8_t window_bits) {
  thread_local std::array<std::unique_ptr<Deflater>, 16> pool;
  std::unique_ptr<Deflater>& deflater = pool[window_bits];
  if (deflater == nullptr) {
    deflater = std::make_unique<Deflater>(window_bits);
  } else {
    deflater->reset();
  }
  deflater->append(out, message);
}

struct Inflater::Stream {
  z_stream z{};
};

Inflater::Inflater(std::uint8_t window_bits) : stream_(std::make_unique<Stream>()) {
  if (inflateInit2(&stream_->z, -int{window_bits}) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(&stream_->z);
}

void Inflater::reset() {
  inflateReset(&stream_->z);
}

Inflater::Result Inflater::append(std::string& out, Bytes piece, std::size_t limit) {
  while (!piece.empty()) {
    const Result result = inflate(out, take_block(piece), limit);
    if (result != Result::kOk) return result;
  }
  return Result::kOk;
}

// After the tail the stream must be between two blocks and two bytes, or the message was not whole.
Inflater::Result Inflater::finish(std::string& out, std::size_t limit) {
  const Result result = inflate(out, kTail, limit);
  if (result != Result::kOk) return result;
  constexpr int kUnusedBits = 63;
  constexpr int kBetweenBlocks = 128;
  const int where = stream_->z.data_type;
  return (where & kBetweenBlocks) != 0 && (where & kUnusedBits) == 0 ? Result::kOk : Result::kCorrupt;
}

Inflater::Result Inflater::inflate(std::string& out, Bytes bytes, std::size_t limit) {
  z_stream& z = stream_->z;
  z.next_in = input_of(bytes);
  z.avail_in = static_cast<uInt>(bytes.size());
  std::array<Bytef, kStep> step;
  do {
    z.next_out = step.data();
    z.avail_out = static_cast<uInt>(step.size());
    const int status = ::inflate(&z, Z_SYNC_FLUSH);
    const std::size_t size = step.size() - z.avail_out;
    if (size > limit - out.size()) return Result::kTooLong;
    out.append(reinterpret_cast<const char*>(step.data()), size);
    if (status == Z_STREAM_END) {
      // A sender may end the deflate stream inside a message (BFINAL, section 7.2.3.4); the next goes on with the
      // window.
      inflateResetKeep(&z);
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Result::kCorrupt;
    }
  } while (z.avail_in > 0 || z.avail_out == 0);
  return Result::kOk;
}

}  // namespace wire::websocket
