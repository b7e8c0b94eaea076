// What both parsers share: where the parts of a message head lie while llhttp reads it. Included by both parsers only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/bytes.h"
#include "wire/http1/header.h"

namespace wire::http1 {

enum class Parsed { kNeedMore, kComplete, kError };

namespace detail {

// Positions count from the first byte of the head, so that they hold whether the head is read where it arrived or, when
// a read ended inside it, from a copy. A head that arrives whole is never copied.
class Head {
 public:
  // Forgets the last message and keeps the memory.
  void begin();
  // llhttp reads `bytes` next.
  void set_piece(Bytes bytes) { piece_ = bytes.data(); }
  // The piece ends here: `length` of its bytes belong to the head. A copy is kept when the head is not `whole`.
  void end_piece(std::size_t length, bool whole);
  // Copies a whole head that was read in place: the bytes it lies in are about to go.
  void keep();

  void add_first(const char* at, std::size_t length) { extend(first_, at, length); }  // the target or the reason
  void add_name(const char* at, std::size_t length);
  void end_name() { in_name_ = false; }
  void add_value(const char* at, std::size_t length) { extend(spans_.back().value, at, length); }

  std::size_t size() const { return size_; }
  std::size_t header_count() const { return spans_.size(); }
  Bytes text() const { return text_.empty() ? Bytes(start_, size_) : Bytes(text_); }  // of a complete head
  Bytes first() const { return view(first_); }
  std::size_t first_offset() const { return first_.offset; }
  // Valid until the next call that is not const. Values are trimmed.
  const std::vector<Header>& headers();
  // What llhttp lets pass and RFC 9112 does not: nullptr, or what is wrong with the head.
  const char* defect() const;
  // Gives back memory that an unusually long head took.
  void shrink();

 private:
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  struct HeaderSpan {
    Span name;
    Span value;
  };
  void extend(Span& span, const char* at, std::size_t length) {
    const auto offset = static_cast<std::uint32_t>(size_ + static_cast<std::size_t>(at - piece_));
    if (span.size == 0) span.offset = offset;
    span.size = offset + static_cast<std::uint32_t>(length) - span.offset;
  }
  Bytes view(Span span) const { return text().substr(span.offset, span.size); }

  std::string text_;  // the copy; empty while the head is read in place
  std::vector<HeaderSpan> spans_;
  std::vector<Header> headers_;
  const char* piece_ = nullptr;
  const char* start_ = nullptr;  // of a head read in place
  std::size_t size_ = 0;         // bytes of the pieces that have ended
  Span first_;
  bool in_name_ = false;
};

inline void Head::begin() {
  text_.clear();
  spans_.clear();
  size_ = 0;
  first_ = {};
  in_name_ = false;
}

inline void Head::end_piece(std::size_t length, bool whole) {
  if (whole && text_.empty()) {
    start_ = piece_;
  } else {
    text_.append(piece_, length);
  }
  size_ += length;
}

inline void Head::keep() {
  if (text_.empty()) text_.assign(start_, size_);
}

inline void Head::add_name(const char* at, std::size_t length) {
  if (!in_name_) spans_.emplace_back();
  in_name_ = true;
  extend(spans_.back().name, at, length);
}

inline const std::vector<Header>& Head::headers() {
  headers_.clear();
  for (const HeaderSpan& span : spans_) {
    Bytes value = view(span.value);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    headers_.push_back({view(span.name), value});
  }
  return headers_;
}

inline const char* Head::defect() const {
  const Bytes head = text();
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= spans_.size(); ++i) {
    // A line reaches to the next header's name, the last one to the empty line. A line feed inside it is a bare one or
    // line folding (RFC 9112 sections 2.2 and 5.2).
    const std::size_t end = i < spans_.size() ? spans_[i].name.offset : head.size() - 2;
    const Bytes line = head.substr(begin, end - begin);
    if (!line.ends_with("\r\n") || line.find('\n') != line.size() - 1)
      return "a line that is folded or does not end with CR LF";
    if (i == spans_.size()) break;
    const Span name = spans_[i].name;
    if (name.size == 0) return "a header without a name";
    if (head[name.offset + name.size] != ':' || head[name.offset + name.size - 1] == ' ')
      return "a space after a header name";
    begin = end;
  }
  return head.ends_with("\r\n") ? nullptr : "the head does not end with CR LF";
}

inline void Head::shrink() {
  constexpr std::size_t kKeptText = 16 * 1024;
  constexpr std::size_t kKeptHeaders = 256;
  if (text_.capacity() > kKeptText) std::string().swap(text_);
  if (spans_.capacity() > kKeptHeaders) std::vector<HeaderSpan>().swap(spans_);
  if (headers_.capacity() > kKeptHeaders) std::vector<Header>().swap(headers_);
}

}  // namespace detail
}  // namespace wire::http1
