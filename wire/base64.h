// Base64 with padding (RFC 4648 section 4).
#pragma once

#include <string>

#include "wire/bytes.h"

namespace wire {

void append_base64(std::string& out, Bytes bytes);
inline std::string base64(Bytes bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}
// Appends what `text` stands for. False, with `out` as it was, when it is not base64 of whole groups of four.
bool append_from_base64(std::string& out, Bytes text);

}  // namespace wire
