#include "reference-server/log/topic.h"

#include <algorithm>
#include <new>

namespace server {

const Message& Topic::message(std::uint64_t sequence) const {
  return entry(sequence).message;
}

void Topic::append(Message message) {
  const std::size_t size = message.payload->size();
  while (size_ > 0 && (size_ >= limits_.messages || kept_bytes_ + size > limits_.bytes)) drop_oldest();
  if (size_ == ring_.size() && !grow()) {
    limits_.messages = size_;  // asking again would cost the memory that is left
    drop_oldest();
  }
  ++head_;
  ++size_;
  total_bytes_ += size;
  kept_bytes_ += size;
  message.sequence = head_;
  entry(head_) = {std::move(message), total_bytes_};
}

void Topic::drop_oldest() {
  Message& oldest = entry(first()).message;
  kept_bytes_ -= oldest.payload->size();
  oldest.payload.reset();
  --size_;
}

// False when there is no memory for more than what is kept already; without anything kept that throws.
bool Topic::grow() {
  std::vector<Entry> larger;
  try {
    larger.resize(std::max<std::size_t>(16, ring_.size() * 2));
  } catch (const std::bad_alloc&) {
    if (size_ == 0) throw;
    return false;
  }
  for (std::uint64_t sequence = first(); sequence <= head_; ++sequence) {
    larger[sequence & (larger.size() - 1)] = std::move(entry(sequence));
  }
  ring_ = std::move(larger);
  return true;
}

std::uint64_t Topic::bytes_through(std::uint64_t cursor) const {
  if (cursor >= head_) return total_bytes_;
  return cursor < first() ? total_bytes_ - kept_bytes_ : entry(cursor).bytes_through;
}

std::uint64_t Topic::cursor_within(std::uint64_t bytes) const {
  std::uint64_t low = first() - 1;
  std::uint64_t high = head_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (total_bytes_ - bytes_through(middle) <= bytes) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace server
