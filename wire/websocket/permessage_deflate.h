// The compression of messages by permessage-deflate (RFC 7692 section 7.2): raw deflate of a whole message, its end cut
// off. What is compressed how is agreed in the handshake: wire/websocket/extensions.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "wire/bytes.h"

namespace wire::websocket {

// Compresses messages of one direction. With context takeover it belongs to one connection; without, compress_alone()
// uses one of the thread's.
class Deflater {
 public:
  explicit Deflater(std::uint8_t window_bits);  // 8 to 15; throws std::bad_alloc
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // Appends the payload of a compressed message. It may refer to the messages before it.
  void append(std::string& out, Bytes message);
  void reset();  // what follows refers to nothing before it

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

// The same for a message that stands alone (no context takeover).
void append_deflated(std::string& out, Bytes message, std::uint8_t window_bits);

// Decompresses what a peer sends, in any pieces, never beyond a limit.
class Inflater {
 public:
  enum class Result : std::uint8_t { kOk, kTooLong, kCorrupt };
  explicit Inflater(std::uint8_t window_bits = 15);  // at least those of the sender; throws std::bad_alloc
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Appends to `out` what a piece of a message's payload brings. Stops as soon as `out` would be longer than `limit`,
  // so that a bomb costs no memory. After anything but kOk it can only be reset or destroyed.
  Result append(std::string& out, Bytes piece, std::size_t limit);
  // The same for the end of the message.
  Result finish(std::string& out, std::size_t limit);
  void reset();

 private:
  struct Stream;
  Result inflate(std::string& out, Bytes bytes, std::size_t limit);
  std::unique_ptr<Stream> stream_;
};

}  // namespace wire::websocket
