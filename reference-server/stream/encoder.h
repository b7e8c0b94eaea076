// How the messages of a topic become bytes, once for everybody who gets the same.
#pragma once

#include <cstdint>
#include <string>

#include "reference-server/log/topic.h"
#include "reference-server/seam/technique.h"
#include "wire/gzip.h"
#include "wire/lines.h"

namespace server {

using wire::lines::Gap;

// How a technique puts things to the subscribers of its streams.
class Encoder {
 public:
  virtual void append(std::string& out, const Message& message) const = 0;
  virtual void append_gap(std::string& out, Gap gap) const = 0;
  // false: its format has no way to tell a gap, so that a stream ends before one; the next answer says where it starts.
  virtual bool has_gap_notice() const { return true; }
  // The subscriber's own messages up to `cursor` are not sent: tells the cursor where clients count what they get.
  virtual void append_skip(std::string& out, std::uint64_t cursor) const {}
  // How many of the `encoded` bytes that append() has written for a message are payload: fewer than the message has
  // when it was compressed.
  virtual std::size_t payload_of(const Message& message, std::size_t encoded) const { return message.bytes().size(); }

 protected:
  ~Encoder() = default;
};

// What is put round encoded messages. kChunked: each batch is one chunk of RFC 9112 section 7.1. kGzip: each batch is
// compressed and then a chunk; the body has begun with wire::gzip::kHeader.
enum class Framing : std::uint8_t { kNone, kChunked, kGzip };

// Messages as they are sent, to one subscriber or to many.
struct EncodedBatch {
  SharedBytes bytes;
  std::uint64_t messages = 0;
  std::uint64_t payload = 0;     // bytes of the messages in it
  std::uint64_t compressed = 0;  // kGzip: bytes of it that are compressed content
  wire::gzip::Piece sum;         // kGzip: what it adds to a body
};
EncodedBatch frame(Framing framing, std::string encoded);

// What ends the body of an HTTP stream; `sum` is that of all its batches.
std::string body_end(Framing framing, wire::gzip::Sum sum);

}  // namespace server
