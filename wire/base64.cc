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

// EVP_DecodeBlock takes white space at both ends and '=' anywhere for what it is not; both are refused here.
bool append_from_base64(std::string& out, Bytes text) {
  constexpr std::size_t kBlock = std::size_t{4} << 20;
  if (text.size() % 4 != 0) return false;
  const std::size_t data = std::min(text.find('='), text.size());
  const std::size_t padding = text.size() - data;
  if (padding > 2 || (padding == 2 && text.back() != '=')) return false;
  if (text.find_first_of(" \t\r\n\v\f-") != Bytes::npos) return false;
  const std::size_t before = out.size();
  out.resize(before + text.size() / 4 * 3);
  for (std::size_t at = before; !text.empty(); at += kBlock / 4 * 3) {
    const Bytes block = text.substr(0, kBlock);
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data() + at),
                        reinterpret_cast<const unsigned char*>(block.data()), static_cast<int>(block.size())) < 0) {
      out.resize(before);
      return false;
    }
    text.remove_prefix(block.size());
  }
  out.resize(out.size() - padding);
  return true;
}

}  // namespace wire
