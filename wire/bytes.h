// Bytes as the codecs see them: a view, and a reference-counted buffer for what many connections send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace wire {

// A view of octets; never owns, never assumes text.
using Bytes = std::string_view;

// Comparisons with a literal on the path of a message: std::string_view's own call memcmp for a few bytes.
template <std::size_t N>
bool is(Bytes text, const char (&literal)[N]) {
  return text.size() == N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}
template <std::size_t N>
bool begins_with(Bytes text, const char (&literal)[N]) {
  return text.size() >= N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}

// An immutable buffer shared by everything on ONE thread that sends it (a broadcast is encoded once).
// The count is not atomic on purpose: a thread owns what it touches, and an atomic operation a subscriber would be the
// larger part of our own cost per delivery. Never hand one to another thread.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes) : block_(new Block{std::move(bytes), 1}) {}
  SharedBytes(const SharedBytes& other) : block_(other.block_) {
    if (block_ != nullptr) ++block_->references;
  }
  SharedBytes(SharedBytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedBytes& operator=(SharedBytes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedBytes() {
    if (block_ != nullptr && --block_->references == 0) delete block_;
  }

  Bytes view() const { return block_ != nullptr ? Bytes(block_->bytes) : Bytes(); }
  std::size_t size() const { return view().size(); }
  bool empty() const { return view().empty(); }
  explicit operator bool() const { return block_ != nullptr; }
  bool shared() const { return block_ != nullptr && block_->references > 1; }  // by others, who send it

 private:
  struct Block {
    std::string bytes;
    std::uint64_t references;
  };
  Block* block_ = nullptr;
};

}  // namespace wire
