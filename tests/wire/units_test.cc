#include "wire/units.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace wire {
namespace {

using namespace std::chrono_literals;
using wire::Nanos;

TEST(Duration, IsReadInEveryUnit) {
  const std::vector<std::pair<std::string, Nanos>> table = {{"0s", 0ns},
                                                            {"1ns", 1ns},
                                                            {"10us", 10us},
                                                            {"250ms", 250ms},
                                                            {"1s", 1s},
                                                            {"1.5s", 1500ms},
                                                            {"0.000000001s", 1ns},
                                                            {"5m", 5min},
                                                            {"5min", 5min},
                                                            {"1h", 1h},
                                                            {"0.5h", 30min},
                                                            {"1.50ms", 1500us},
                                                            {"1000h", 1000h},
                                                            {"999.123456789h", Nanos(3'596'844'444'440'400)},
                                                            {"0.1us", 100ns},
                                                            {"007s", 7s},
                                                            {"0.00ns", 0ns}};
  for (const auto& [text, expected] : table) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error;
    EXPECT_EQ(parsed.value->count(), expected.count()) << text;
  }
}

TEST(Duration, SaysWhatWouldBeRight) {
  const std::vector<std::pair<std::string, std::string>> table = {{"20", "a duration needs a unit: 20ms or 20s"},
                                                                  {"20sec", "unknown unit 'sec'"},
                                                                  {"20 s", "unknown unit ' s'"},
                                                                  {"-1s", "cannot be negative"},
                                                                  {"", "is a number and a unit, such as 250ms"},
                                                                  {"s", "is a number and a unit"},
                                                                  {".5s", "write 0.5s"},
                                                                  {"1.s", "unknown unit '.s'"},
                                                                  {"1,5s", "unknown unit ',5s'"},
                                                                  {"1e3s", "unknown unit 'e3s'"},
                                                                  {"0.1ns", "finer than a nanosecond"},
                                                                  {"0.0000000001s", "finer than a nanosecond"},
                                                                  {"1001h", "longer than 1000h"},
                                                                  {"999999999999999h", "longer than 1000h"},
                                                                  {"1234567890123456s", "too many digits"},
                                                                  {"0.0000000000000001h", "too many digits"}};
  for (const auto& [text, error] : table) {
    const auto parsed = parse_duration(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error.find(error), std::string::npos) << text << ": " << parsed.error;
  }
}

TEST(RateUnit, KeepsAnExactRational) {
  struct Row {
    std::string text;
    std::int64_t count;
    Nanos period;
  };
  const std::vector<Row> table = {
      {"20/s", 20, 1s}, {"6000/min", 6000, 1min}, {"6000/m", 6000, 1min},      {"1/h", 1, 1h},       {"0.5/s", 1, 2s},
      {"1.5/s", 3, 2s}, {"2/ms", 2, 1ms},         {"0.000001/h", 1, 1000000h}, {"3.000000/s", 3, 1s}};
  for (const Row& row : table) {
    const auto parsed = parse_rate(row.text);
    ASSERT_TRUE(parsed) << row.text << ": " << parsed.error;
    EXPECT_EQ(parsed.value->count, row.count) << row.text;
    EXPECT_EQ(parsed.value->period.count(), row.period.count()) << row.text;
  }
  EXPECT_DOUBLE_EQ(parse_rate("6000/min").value->per_second(), 100.0);
}

TEST(RateUnit, SaysWhatWouldBeRight) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"20", "a rate needs a unit: 20/s"}, {"20Hz", "a rate is written 20/s"}, {"20/sec", "unknown unit '/sec'"},
      {"0/s", "greater than 0"},           {"0.0/s", "greater than 0"},        {"-5/s", "cannot be negative"},
      {"/s", "is a number and a unit"},    {"1.1234567/s", "too many digits"}, {"1/", "unknown unit '/'"}};
  for (const auto& [text, error] : table) {
    const auto parsed = parse_rate(text);
    EXPECT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error.find(error), std::string::npos) << text << ": " << parsed.error;
  }
}

TEST(Size, KnowsBinaryAndDecimalUnits) {
  const std::vector<std::pair<std::string, std::int64_t>> table = {
      {"128B", 128},       {"1KiB", 1024},         {"1KB", 1000},    {"64MiB", 64 << 20}, {"1MB", 1'000'000},
      {"1GiB", 1LL << 30}, {"2GB", 2'000'000'000}, {"1.5KiB", 1536}, {"0B", 0},           {"0.001KB", 1}};
  for (const auto& [text, expected] : table) {
    const auto parsed = parse_size(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error;
    EXPECT_EQ(*parsed.value, expected) << text;
  }
  for (const std::string text : {"128", "1kb", "1.5B", "0.0001KiB", "-1B", "1TiB", "99999999GiB", ""})
    EXPECT_FALSE(parse_size(text)) << text;
  EXPECT_EQ(parse_size("128").error, "a size needs a unit: 128B or 128KiB");
}

TEST(Count, IsAPlainWholeNumber) {
  EXPECT_EQ(parse_count("0").value, 0);
  EXPECT_EQ(parse_count("1000").value, 1000);
  EXPECT_EQ(parse_count("1_000_000").value, 1'000'000);
  EXPECT_EQ(parse_count("9223372036854775807").value, INT64_MAX);
  for (const std::string text :
       {"", "_1", "1_", "1__0", "10k", "1.0", "-1", "+1", "0x10", "1e3", "010", "9223372036854775808"}) {
    EXPECT_FALSE(parse_count(text)) << text;
  }
}

TEST(Fraction, IsPercentOrPlain) {
  EXPECT_EQ(parse_fraction("50%").value, 0.5);
  EXPECT_EQ(parse_fraction("0.5").value, 0.5);
  EXPECT_EQ(parse_fraction("0").value, 0.0);
  EXPECT_EQ(parse_fraction("1").value, 1.0);
  EXPECT_EQ(parse_fraction("100%").value, 1.0);
  for (const std::string text : {"", "%", "50", "101%", "-1%", "half", "5 %"})
    EXPECT_FALSE(parse_fraction(text)) << text;
  EXPECT_EQ(parse_fraction("50").error, "at most 1: write 50% for percent");
}

TEST(Formatting, ReadsBackAsTheSameValue) {
  for (const std::string text :
       {"0s", "1ns", "1.5us", "250ms", "1.5s", "90s", "2min", "1h", "25h", "1.234567ms", "1000.001s"}) {
    const Nanos value = *parse_duration(text).value;
    EXPECT_EQ(parse_duration(format_duration(value)).value, value) << text << " -> " << format_duration(value);
  }
  for (const std::string text : {"20/s", "0.5/s", "1/min", "1/h", "7/min", "0.000001/s", "100000/s", "1.5/ms"}) {
    const Rate value = *parse_rate(text).value;
    const Rate back = *parse_rate(format_rate(value)).value;
    EXPECT_DOUBLE_EQ(back.per_second(), value.per_second()) << text << " -> " << format_rate(value);
  }
  for (const std::string text : {"0B", "1B", "1KiB", "1000B", "64MiB", "3GiB", "1025B"})
    EXPECT_EQ(format_size(*parse_size(text).value), text);
}

TEST(Formatting, PicksTheUnitPeopleWouldWrite) {
  EXPECT_EQ(format_duration(500ms), "500ms");
  EXPECT_EQ(format_duration(1500ms), "1.5s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(120s), "2min");
  EXPECT_EQ(format_rate({6000, 60s}), "100/s");
  EXPECT_EQ(format_rate({1, 2s}), "0.5/s");
  EXPECT_EQ(format_rate({7, 60s}), "7/min");
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
}

TEST(NearestWord, FindsASlipAndNothingElse) {
  constexpr std::string_view kWords[] = {"interval", "timing", "connection", "delivery_latency", "rate", "to"};
  EXPECT_EQ(nearest_word("intervall", kWords), "interval");
  EXPECT_EQ(nearest_word("itnerval", kWords), "interval");
  EXPECT_EQ(nearest_word("Timing", kWords), "timing");
  EXPECT_EQ(nearest_word("delivery-latency", kWords), "delivery_latency");
  EXPECT_EQ(nearest_word("rat", kWords), "rate");
  EXPECT_EQ(nearest_word("xyz", kWords), "");
  EXPECT_EQ(nearest_word("", kWords), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'i'), kWords), "");
}

}  // namespace
}  // namespace wire
