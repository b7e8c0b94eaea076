#include "wire/raw.h"

#include <algorithm>
#include <utility>

#include "wire/message.h"

namespace wire::raw {
namespace {

// Where a marker begins or may begin at the end of `bytes`; their size when nowhere.
std::size_t find_begin(Bytes bytes) {
  const std::size_t whole = bytes.find(kMarkerMagic);
  if (whole != Bytes::npos) return whole;
  for (std::size_t size = std::min(bytes.size(), kMarkerMagic.size() - 1); size > 0; --size) {
    if (bytes.ends_with(kMarkerMagic.substr(0, size))) return bytes.size() - size;
  }
  return bytes.size();
}

}  // namespace

void Splitter::feed(Bytes bytes, Handler& handler) {
  const std::uint32_t resets = resets_;
  while (!bytes.empty() && !broken_) {
    if (partial_.empty()) {
      partial_.assign(split(bytes, handler));
      if (resets != resets_) partial_.clear();
      return;
    }
    const Bytes piece = bytes.substr(0, wanted_ - partial_.size());
    partial_.append(piece);
    bytes.remove_prefix(piece.size());
    if (partial_.size() < wanted_) return;
    const std::string whole = std::exchange(partial_, std::string());
    const Bytes rest = split(whole, handler);
    if (resets != resets_) return;
    partial_.assign(rest);
  }
}

// Hands out what is complete; returns what is not, and sets wanted_ for it.
Bytes Splitter::split(Bytes bytes, Handler& handler) {
  const std::uint32_t resets = resets_;
  while (!bytes.empty()) {
    std::size_t size = find_begin(bytes);
    if (size == 0) {
      wanted_ = kMarkerSize;
      if (bytes.size() < kMarkerSize) return bytes;
      size = marker_length(bytes);
      if (size > max_message_) {
        broken_ = true;
        handler.on_too_large();
        return {};
      }
      wanted_ = size;
      if (bytes.size() < size) return bytes;
      // A damaged marker: what follows it, up to the next one, belongs to it.
      if (size == 0) size = kMarkerMagic.size() + find_begin(bytes.substr(kMarkerMagic.size()));
    }
    const Bytes message = bytes.substr(0, size);
    if (message.find_first_not_of(" \t\r\n") != Bytes::npos) handler.on_message(message);
    if (resets != resets_) return {};
    bytes.remove_prefix(size);
  }
  return {};
}

void Splitter::reset() {
  ++resets_;
  std::string().swap(partial_);
  broken_ = false;
}

}  // namespace wire::raw
