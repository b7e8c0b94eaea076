#include "wire/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <vector>

namespace wire {
namespace {

// digits x 10^-scale, exactly; trailing zeros of the fraction are gone.
struct Decimal {
  std::int64_t digits = 0;
  std::int64_t power = 1;  // 10^scale
};

struct Unit {
  std::string_view name;
  std::int64_t factor;  // in the base unit: ns or bytes
};

constexpr Unit kTimeUnits[] = {{"ns", 1},
                               {"us", 1'000},
                               {"ms", 1'000'000},
                               {"s", 1'000'000'000},
                               {"m", 60'000'000'000},
                               {"min", 60'000'000'000},
                               {"h", 3'600'000'000'000}};
constexpr Unit kRateUnits[] = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"min", 60'000'000'000}, {"h", 3'600'000'000'000}};
constexpr Unit kSizeUnits[] = {{"B", 1},           {"KB", 1'000},      {"MB", 1'000'000}, {"GB", 1'000'000'000},
                               {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}};
constexpr Nanos kMaxDuration = std::chrono::hours(1000);
constexpr std::int64_t kMaxSize = std::int64_t{1} << 50;
constexpr std::size_t kMaxDigits =
    15;  // of a number, before and after the point: every such number is exact in a double
constexpr std::size_t kMaxRateFraction = 6;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Splits "1.5ms" into "1.5" and "ms". The number is empty when the text does not start with a digit.
std::pair<std::string_view, std::string_view> split_number(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end > 0 && end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return {text.substr(0, end), text.substr(end)};
}

std::optional<Decimal> parse_decimal(std::string_view number) {
  const std::size_t point = number.find('.');
  std::string digits(number.substr(0, point));
  std::string_view fraction = point == std::string_view::npos ? "" : number.substr(point + 1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  digits += fraction;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > kMaxDigits || fraction.size() > kMaxDigits) return std::nullopt;
  Decimal result;
  std::from_chars(digits.data(), digits.data() + digits.size(), result.digits);
  for (std::size_t i = 0; i < fraction.size(); ++i) result.power *= 10;
  return result;
}

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

// number x factor in base units when that is a whole number that fits.
std::optional<std::int64_t> scale(const Decimal& number, std::int64_t factor) {
  const std::int64_t common = std::gcd(number.power, factor);
  const std::int64_t divisor = number.power / common;
  std::int64_t result = 0;
  if (number.digits % divisor != 0 || __builtin_mul_overflow(number.digits / divisor, factor / common, &result)) {
    return std::nullopt;
  }
  return result;
}

std::string not_a_number(std::string_view text, std::string_view what, std::string_view example) {
  if (!text.empty() && text[0] == '-') return fmt::format("{} cannot be negative", what);
  if (text.size() > 1 && text[0] == '.') return fmt::format("write 0{}", text);
  return fmt::format("{} is a number and a unit, such as {}", what, example);
}

// What the number says in `units`, as value x 10^-k with k <= decimals, or nothing.
std::optional<std::string> exact_decimal(std::int64_t value, std::int64_t unit, int decimals) {
  const std::int64_t whole = value / unit;
  std::int64_t rest = value % unit;
  std::string fraction;
  for (int i = 0; i < decimals && rest != 0; ++i) {
    fraction += static_cast<char>('0' + rest / (unit / 10));
    rest %= unit / 10;
    unit /= 10;
  }
  if (rest != 0) return std::nullopt;
  return fraction.empty() ? fmt::format("{}", whole) : fmt::format("{}.{}", whole, fraction);
}

}  // namespace

Parsed<Nanos> parse_duration(std::string_view text) {
  const auto [number, suffix] = split_number(text);
  if (number.empty()) return {{}, not_a_number(text, "a duration", "250ms or 1.5s")};
  if (suffix.empty()) return {{}, fmt::format("a duration needs a unit: {0}ms or {0}s", number)};
  const Unit* unit = find_unit(kTimeUnits, suffix);
  if (unit == nullptr)
    return {{},
            fmt::format("unknown unit '{}': a duration is written {}s; units are ns us ms s min h", suffix, number)};
  const auto decimal = parse_decimal(number);
  if (!decimal) return {{}, fmt::format("too many digits: a duration has at most {}", kMaxDigits)};
  const auto nanos = scale(*decimal, unit->factor);
  const double about =
      static_cast<double>(decimal->digits) / static_cast<double>(decimal->power) * static_cast<double>(unit->factor);
  if (about > static_cast<double>(kMaxDuration.count())) return {{}, "longer than 1000h"};
  if (!nanos) return {{}, "finer than a nanosecond"};
  return {Nanos(*nanos), {}};
}

Parsed<Rate> parse_rate(std::string_view text) {
  const auto [number, suffix] = split_number(text);
  if (number.empty()) return {{}, not_a_number(text, "a rate", "100/s or 6000/min")};
  if (suffix.empty()) return {{}, fmt::format("a rate needs a unit: {}/s", number)};
  const Unit* unit = suffix[0] == '/' ? find_unit(kRateUnits, suffix.substr(1)) : nullptr;
  if (unit == nullptr)
    return {{}, fmt::format("unknown unit '{}': a rate is written {}/s; units are /ms /s /min /h", suffix, number)};
  const auto decimal = parse_decimal(number);
  if (!decimal || number.size() - std::min(number.find('.'), number.size() - 1) - 1 > kMaxRateFraction) {
    return {{},
            fmt::format("too many digits: a rate has at most {}, {} of them after the point", kMaxDigits,
                        kMaxRateFraction)};
  }
  if (decimal->digits == 0) return {{}, "a rate is greater than 0"};
  const std::int64_t common = std::gcd(decimal->digits, decimal->power);
  return {Rate{decimal->digits / common, Nanos(unit->factor * (decimal->power / common))}, {}};
}

Parsed<std::int64_t> parse_size(std::string_view text) {
  const auto [number, suffix] = split_number(text);
  if (number.empty()) return {{}, not_a_number(text, "a size", "128B or 64KiB")};
  if (suffix.empty()) return {{}, fmt::format("a size needs a unit: {0}B or {0}KiB", number)};
  const Unit* unit = find_unit(kSizeUnits, suffix);
  if (unit == nullptr) {
    return {{},
            fmt::format("unknown unit '{}': a size is written {}B; units are B KiB MiB GiB (1024) and KB MB GB (1000)",
                        suffix, number)};
  }
  const auto decimal = parse_decimal(number);
  if (!decimal) return {{}, fmt::format("too many digits: a size has at most {}", kMaxDigits)};
  const auto bytes = scale(*decimal, unit->factor);
  const double about =
      static_cast<double>(decimal->digits) / static_cast<double>(decimal->power) * static_cast<double>(unit->factor);
  if (about > static_cast<double>(kMaxSize)) return {{}, "larger than any machine's memory"};
  if (!bytes) return {{}, "not a whole number of bytes"};
  return {*bytes, {}};
}

Parsed<std::int64_t> parse_count(std::string_view text) {
  constexpr std::string_view kExpected = "a plain whole number, such as 1000 or 1_000";
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool separator = text[i] == '_' && i > 0 && is_digit(text[i - 1]) && i + 1 < text.size();
    if (!separator && !is_digit(text[i])) return {{}, fmt::format("must be {}", kExpected)};
    if (!separator) digits += text[i];
  }
  // YAML 1.1 reads "010" as eight: refused rather than guessed.
  if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return {{}, fmt::format("must be {}", kExpected)};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc()) return {{}, "too large"};
  return {value, {}};
}

Parsed<double> parse_number(std::string_view text) {
  const auto [number, suffix] = split_number(text);
  const auto decimal = number.empty() || !suffix.empty() ? std::nullopt : parse_decimal(number);
  if (!decimal) return {{}, "must be a number without unit, such as 2 or 1.5"};
  return {static_cast<double>(decimal->digits) / static_cast<double>(decimal->power), {}};
}

Parsed<double> parse_fraction(std::string_view text) {
  const bool percent = !text.empty() && text.back() == '%';
  const auto number = parse_number(percent ? text.substr(0, text.size() - 1) : text);
  if (!number) return {{}, "must be a share, such as 50% or 0.5"};
  const double limit = percent ? 100 : 1;
  if (*number.value > limit) {
    return {{}, percent ? "at most 100%" : fmt::format("at most 1: write {}% for percent", text)};
  }
  return {*number.value / limit, {}};
}

std::string format_duration(Nanos duration) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  constexpr std::int64_t kMinute = 60'000'000'000;
  const std::int64_t nanos = duration.count();
  if (nanos == 0) return "0s";
  if (nanos % kHour == 0) return fmt::format("{}h", nanos / kHour);
  if (nanos % kMinute == 0) return fmt::format("{}min", nanos / kMinute);
  for (const Unit unit : {Unit{"s", 1'000'000'000}, Unit{"ms", 1'000'000}, Unit{"us", 1'000}}) {
    const auto text = nanos >= unit.factor ? exact_decimal(nanos, unit.factor, 3) : std::nullopt;
    if (text) return *text + std::string(unit.name);
  }
  return fmt::format("{}ns", nanos);
}

std::string format_rate(const Rate& rate) {
  for (const Unit unit : {Unit{"s", 1'000'000'000}, Unit{"min", 60'000'000'000}, Unit{"h", 3'600'000'000'000}}) {
    const std::int64_t common = std::gcd(unit.factor, rate.period.count());
    std::int64_t divisor = rate.period.count() / common;
    std::int64_t count = 0;
    if (__builtin_mul_overflow(rate.count, unit.factor / common, &count)) continue;
    const std::int64_t shared = std::gcd(count, divisor);
    count /= shared;
    divisor /= shared;
    std::int64_t power = 1;
    int decimals = 0;
    while (decimals < 6 && power % divisor != 0) power *= 10, ++decimals;
    std::int64_t scaled = 0;
    if (power % divisor != 0 || __builtin_mul_overflow(count, power / divisor, &scaled)) continue;
    return *exact_decimal(scaled, power, decimals) + "/" + std::string(unit.name);
  }
  return fmt::format("{:g}/s", rate.per_second());
}

std::string format_size(std::int64_t bytes) {
  for (const Unit unit : {Unit{"GiB", 1LL << 30}, Unit{"MiB", 1LL << 20}, Unit{"KiB", 1LL << 10}}) {
    if (bytes >= unit.factor && bytes % unit.factor == 0) return fmt::format("{}{}", bytes / unit.factor, unit.name);
  }
  return fmt::format("{}B", bytes);
}

std::string format_count(std::uint64_t count) {
  std::string text = fmt::format("{}", count);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(text.size()) - 3; i > 0; i -= 3)
    text.insert(static_cast<std::size_t>(i), 1, ',');
  return text;
}

namespace {

// '_' and '-' are one letter, and so are upper and lower case: people mix them up without meaning another word.
char fold(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = fold(a[i - 1]) == fold(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> words) {
  constexpr std::size_t kLongest = 64;  // longer is no slip of a known word, and would only cost time
  if (word.empty() || word.size() > kLongest) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : words) {
    const std::size_t d = distance(word, candidate);
    if (d < best_distance && d < candidate.size()) best = candidate, best_distance = d;
  }
  return best;
}

}  // namespace wire
