// JSON (RFC 8259) on the path of a message: values are found where they lie and checked strictly; nothing is built.
// Bytes of strings are not checked to be UTF-8 (a WebSocket text frame is, an HTTP body is not).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.h"

namespace wire::json {

inline constexpr unsigned kMaxDepth = 64;  // of arrays and objects in each other

// One value from text[0] on, without white space round it: its length, or 0 when none is there.
std::size_t value_length(Bytes text, unsigned depth = kMaxDepth);
std::size_t string_length(Bytes text);  // the same for a string literal
// The same for one without escapes, which stands for what is between its quotes; 0 for any other.
std::size_t plain_string_length(Bytes text);
// Whether `text` is one value with nothing but white space round it.
bool is_value(Bytes text);

// Walks through the elements of an array. The text is checked as far as it has been walked.
//   Array array(text); Bytes element; while (array.next(element)) …; if (array.failed()) …
class Array {
 public:
  explicit Array(Bytes text);
  bool next(Bytes& element);               // the element's text; false at the end and after a mistake
  bool failed() const { return failed_; }  // no array, or something behind it

 private:
  Bytes rest_;
  bool first_ = true;
  bool done_ = false;
  bool failed_ = false;
};

// The same for the members of an object; `key` is the literal, quotes included.
class Object {
 public:
  explicit Object(Bytes text);
  bool next(Bytes& key, Bytes& value);
  bool failed() const { return failed_; }

 private:
  Bytes rest_;
  bool first_ = true;
  bool done_ = false;
  bool failed_ = false;
};

inline bool is_array(Bytes value) {
  return value.starts_with('[');
}
inline bool is_object(Bytes value) {
  return value.starts_with('{');
}
inline bool is_string(Bytes value) {
  return value.starts_with('"');
}

// What a string literal that Array or Object has found stands for, in UTF-8: a view of the literal when it has no
// escapes, else of `scratch`. A surrogate without its partner becomes U+FFFD.
Bytes string_of(Bytes literal, std::string& scratch);
// The value of a member, the first of that name; empty when there is none or the text is no object.
Bytes member(Bytes object, Bytes name);
// A number that is a whole one from 0 to 2^53 - 1, written without a fraction.
std::optional<std::uint64_t> whole_number(Bytes value);

// `"text"`, escaped as little as the grammar allows. Requires valid UTF-8.
void append_string(std::string& out, Bytes text);

}  // namespace wire::json
