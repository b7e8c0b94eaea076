// A payload is no stream: here the "cut" is that exactly the prefixes which hold a whole payload are found good.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "wire/message.h"

namespace {

using wire::Bytes;
using wire::Found;
using wire::Marker;
using wire::MarkerError;

void require(bool holds) {
  if (!holds) std::abort();
}

// In memory of its own size: AddressSanitizer sees a read past its end.
Found find(Bytes bytes) {
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  bytes.copy(copy.get(), bytes.size());
  return wire::find_payload(Bytes(copy.get(), bytes.size()));
}

void check_found(Bytes bytes, std::size_t cut) {
  const Found found = find(bytes);
  require((found.error == MarkerError::kAbsent) == (bytes.find("~pb1") == Bytes::npos));
  if (found.error != MarkerError::kNone) return;
  const std::size_t end = found.offset + found.marker.length;
  require(end <= bytes.size());
  std::string again;
  wire::append_payload(again, found.marker);
  require(again == bytes.substr(found.offset, found.marker.length));
  require((find(bytes.substr(0, cut)).error == MarkerError::kNone) == (cut >= end));
}

// A good payload inside the input, and the same with one byte of its filler damaged.
void check_made(Bytes bytes, std::size_t at) {
  const auto number = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const wire::Time intended(wire::Nanos(number(0) << 20 | number(1)));
  const Marker marker{number(2), std::uint64_t{number(3)} << 30, intended, intended + wire::Nanos(number(4)),
                      41u + (static_cast<std::uint32_t>(number(5)) << (number(6) % 10))};
  std::string wrapped(bytes.substr(0, at));
  if (wrapped.find("~pb1") != std::string::npos) return;
  const std::size_t start = wrapped.size();
  wire::append_payload(wrapped, marker);
  wrapped.append(bytes.substr(at));
  const Found found = find(wrapped);
  require(found.error == MarkerError::kNone && found.offset == start && found.marker.length == marker.length);
  require(found.marker.sequence == marker.sequence && found.marker.sent == marker.sent);
  wrapped[start + wire::kMarkerSize + at % (marker.length - wire::kMarkerSize)] ^=
      static_cast<char>(1 + number(7) % 255);
  require(find(wrapped).error == MarkerError::kCorrupt);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 10) return 0;
  const std::size_t chosen = std::size_t{data[0]} << 8 | data[1];
  const Bytes bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  check_found(bytes, chosen % (bytes.size() + 1));
  check_made(bytes, chosen % (bytes.size() + 1));
  return 0;
}
