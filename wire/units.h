// Quantities as a scenario writes them: a number and its unit, "250ms", "100/s", "1KiB", "50%". Every parser refuses
// what it cannot hold exactly or within a nanosecond, and names the form that would be right. No locale, no exceptions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wire/time.h"

namespace wire {

// Either a value or one sentence that says what would be right (without file, key and value: the caller knows those).
template <typename T>
struct Parsed {
  std::optional<T> value;
  std::string error;
  explicit operator bool() const { return value.has_value(); }
};

// Exactly `count` events in each `period`: "0.5/s" is 1 in 2 s, "6000/min" is 6000 in 60 s. `count` may be 0 only in
// Rate{}.
struct Rate {
  std::int64_t count = 0;
  Nanos period{std::chrono::seconds(1)};
  double per_second() const { return static_cast<double>(count) * 1e9 / static_cast<double>(period.count()); }
};

Parsed<Nanos> parse_duration(std::string_view text);      // ns us ms s m min h; never negative; at most 1000 h
Parsed<Rate> parse_rate(std::string_view text);           // /ms /s /min /m /h; greater than 0
Parsed<std::int64_t> parse_size(std::string_view text);   // B KB MB GB (1000) KiB MiB GiB (1024), whole bytes
Parsed<std::int64_t> parse_count(std::string_view text);  // plain digits, "1_000" allowed
Parsed<double> parse_fraction(std::string_view text);     // "50%" or "0.5"; 0 to 1
Parsed<double> parse_number(std::string_view text);       // a decimal number without unit

// The shortest text that the parsers above read back as the same value: "1.5s", "64MiB", "20/s".
std::string format_duration(Nanos duration);
std::string format_rate(const Rate& rate);
std::string format_size(std::int64_t bytes);
std::string format_count(std::uint64_t count);  // for people: "1,000,000"

// The word of `words` nearest to `word` by edit distance (insert, delete, replace, swap of neighbours), if near enough
// to be what was meant.
std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words);

}  // namespace wire
