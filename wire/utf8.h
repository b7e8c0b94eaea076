// Incremental UTF-8 validation (RFC 3629; Unicode 15 table 3-7), for WebSocket text and for published messages.
#pragma once

#include <cstdint>

#include "wire/bytes.h"

namespace wire {

class Utf8Validator {
 public:
  // false at the first byte that no valid text can contain at this place; stays false.
  bool feed(Bytes bytes);
  bool complete() const { return state_ == 0; }  // not inside a character
  void reset() { state_ = 0; }

 private:
  std::uint8_t state_ = 0;  // 0 between characters; see utf8.cc
};

inline bool is_utf8(Bytes bytes) {
  Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

}  // namespace wire
