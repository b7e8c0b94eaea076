#include "wire/gzip.h"

#include <zlib.h>

#include <array>
#include <climits>
#include <new>

#include "wire/websocket/permessage_deflate.h"

namespace wire::gzip {
namespace {

constexpr std::uint8_t kWindowBits = 15;
constexpr int kGzip = 16;                             // added to the window's bits: zlib reads header and trailer
constexpr Bytes kFlushed("\x00\x00\xff\xff", 4);      // the end of a sync flush: an empty stored block
constexpr Bytes kLastBlock("\x03\x00", 2);            // empty, of fixed codes, final
constexpr std::size_t kStep = std::size_t{16} << 10;  // of output at a time

void append_little_endian(std::string& out, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(number >> shift & 0xff));
}

}  // namespace

Piece::Piece(Bytes plain)
    : sum_{static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(plain.data()), plain.size())),
           static_cast<std::uint32_t>(plain.size())},
      operation_(static_cast<std::uint32_t>(crc32_combine_gen(static_cast<z_off_t>(plain.size())))) {}

void Piece::add_to(Sum& body) const {
  body.crc = static_cast<std::uint32_t>(crc32_combine_op(body.crc, sum_.crc, operation_));
  body.size += sum_.size;
}

void append_segment(std::string& out, Bytes plain) {
  if (plain.empty()) return;
  websocket::append_deflated(out, plain, kWindowBits);
  out += kFlushed;
}

void append_trailer(std::string& out, Sum body) {
  out += kLastBlock;
  append_little_endian(out, body.crc);
  append_little_endian(out, body.size);
}

struct Reader::Stream {
  Stream() {
    if (inflateInit2(&z, kGzip + kWindowBits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  z_stream z{};
};

Reader::Reader() = default;
Reader::~Reader() = default;

void Reader::reset() {
  stream_.reset();
  read_ = plain_ = 0;
}

Reader::Result Reader::feed(Bytes bytes, Handler& handler) {
  if (bytes.empty()) return Result::kOk;
  if (bytes.size() > UINT_MAX) return Result::kTooBig;  // zlib counts in unsigned int; no read is so large
  if (stream_ == nullptr) stream_ = std::make_unique<Stream>();
  z_stream& z = stream_->z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  read_ += bytes.size();
  std::array<Bytef, kStep> step;
  do {
    z.next_out = step.data();
    z.avail_out = static_cast<uInt>(step.size());
    const int status = inflate(&z, Z_SYNC_FLUSH);
    const std::size_t size = step.size() - z.avail_out;
    plain_ += size;
    if (plain_ > kFree + kMaxRatio * read_) return Result::kTooBig;
    if (size > 0) handler.on_plain(Bytes(reinterpret_cast<const char*>(step.data()), size));
    if (status == Z_STREAM_END) {
      inflateReset(&z);  // members may follow each other (RFC 1952 section 2.2)
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return Result::kCorrupt;
    }
  } while (z.avail_in > 0 || z.avail_out == 0);
  return Result::kOk;
}

}  // namespace wire::gzip
