#include "wire/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace wire {

// OpenSSL counts in int and writes a terminating NUL behind each block: onto the string's own at its end.
void append_base64(std::string& out, Bytes bytes) {
  constexpr std::size_t kBlock = std::size_t{3} << 20;
  std::size_t at = out.size();
  out.resize(at + (bytes.size() + 2) / 3 * 4);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kBlock, bytes.size()))) {
    const Bytes block = bytes.substr(0, kBlock);
    at += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                                                   reinterpret_cast<const unsigned char*>(block.data()),
                                                   static_cast<int>(block.size())));
  }
}

}  // namespace wire
