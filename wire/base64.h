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

}  // namespace wire
