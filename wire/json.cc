#include "wire/json.h"

#include <charconv>
#include <cstdint>

namespace wire::json {
namespace {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

Bytes skip_space(Bytes text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  return text.substr(at);
}

std::size_t digits(Bytes text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

std::size_t number_length(Bytes text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == at || (text[at] == '0' && whole != at + 1)) return 0;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = digits(text, at + 1);
    if (end == at + 1) return 0;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = digits(text, at);
    if (end == at) return 0;
    at = end;
  }
  return at;
}

// What Array and Object have in common: the step to the next element behind '[' or '{', an element and ','. False when
// `close` ends it or with `failed` when there is neither.
bool step(Bytes& rest, bool& first, char close, bool& failed) {
  rest = skip_space(rest);
  if (rest.starts_with(close)) {
    rest.remove_prefix(1);
    return false;
  }
  if (!first) {
    if (!rest.starts_with(',')) {
      failed = true;
      return false;
    }
    rest = skip_space(rest.substr(1));
  }
  first = false;
  return true;
}

bool take_value(Bytes& rest, Bytes& value, unsigned depth) {
  const std::size_t length = value_length(rest, depth);
  value = rest.substr(0, length);
  rest.remove_prefix(length);
  return length != 0;
}

bool take_member(Bytes& rest, Bytes& key, Bytes& value, unsigned depth) {
  if (!rest.starts_with('"') || !take_value(rest, key, depth)) return false;
  rest = skip_space(rest);
  if (!rest.starts_with(':')) return false;
  rest = skip_space(rest.substr(1));
  return take_value(rest, value, depth);
}

std::size_t container_length(Bytes text, unsigned depth) {
  if (depth == 0) return 0;
  const bool object = text.front() == '{';
  Bytes rest = text.substr(1);
  Bytes key;
  Bytes value;
  bool first = true;
  bool failed = false;
  while (step(rest, first, object ? '}' : ']', failed)) {
    if (!(object ? take_member(rest, key, value, depth - 1) : take_value(rest, value, depth - 1))) return 0;
  }
  return failed ? 0 : text.size() - rest.size();
}

}  // namespace

std::size_t value_length(Bytes text, unsigned depth) {
  if (text.empty()) return 0;
  switch (text.front()) {
    case '"':
      return string_length(text);
    case '[':
    case '{':
      return container_length(text, depth);
    case 't':
      return text.starts_with("true") ? 4 : 0;
    case 'f':
      return text.starts_with("false") ? 5 : 0;
    case 'n':
      return text.starts_with("null") ? 4 : 0;
    default:
      return number_length(text);
  }
}

bool is_value(Bytes text) {
  const Bytes value = skip_space(text);
  const std::size_t length = value_length(value);
  return length != 0 && skip_space(value.substr(length)).empty();
}

Array::Array(Bytes text) : rest_(skip_space(text)) {
  failed_ = !rest_.starts_with('[');
  if (!failed_) rest_.remove_prefix(1);
}

bool Array::next(Bytes& element) {
  if (failed_ || done_) return false;
  if (step(rest_, first_, ']', failed_)) {
    failed_ = !take_value(rest_, element, kMaxDepth - 1);
    return !failed_;
  }
  done_ = true;
  failed_ = failed_ || !skip_space(rest_).empty();
  return false;
}

Object::Object(Bytes text) : rest_(skip_space(text)) {
  failed_ = !rest_.starts_with('{');
  if (!failed_) rest_.remove_prefix(1);
}

bool Object::next(Bytes& key, Bytes& value) {
  if (failed_ || done_) return false;
  if (step(rest_, first_, '}', failed_)) {
    failed_ = !take_member(rest_, key, value, kMaxDepth - 1);
    return !failed_;
  }
  done_ = true;
  failed_ = failed_ || !skip_space(rest_).empty();
  return false;
}

Bytes member(Bytes object, Bytes name) {
  Object members(object);
  Bytes key;
  Bytes value;
  std::string scratch;
  while (members.next(key, value)) {
    if (string_of(key, scratch) == name) return value;
  }
  return {};
}

std::optional<std::uint64_t> whole_number(Bytes value) {
  constexpr std::uint64_t kMax = (std::uint64_t{1} << 53) - 1;
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc() || stop != end || number > kMax) return std::nullopt;
  return number;
}

}  // namespace wire::json
