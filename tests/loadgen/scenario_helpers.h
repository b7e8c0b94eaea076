// What the tests of scenarios share: a technique table of their own and the smallest good file.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/scenario/scenario.h"

namespace loadgen::scenario_tests {

// A table with every kind of option, so that the parser is tested and not the techniques of today.
inline std::span<const TechniqueInfo> table() {
  using Kind = OptionSpec::Kind;
  static const std::vector<TechniqueInfo> kTable = {
      {.name = "polling",
       .options = {{"interval", Kind::kDuration, "1s", "", {}, 1'000'000},
                   {"timing", Kind::kChoice, "fixed-rate", "", {"fixed-rate", "fixed-delay"}},
                   {"connection", Kind::kChoice, "keep-alive", "", {"keep-alive", "close"}}},
       .traits = [](std::span<const OptionValue> options) -> Traits {
         return {.polls = PollSchedule{"interval", Nanos(options[0].number)}};
       }},
      {.name = "long-polling",
       .options = {{"hold", Kind::kDuration, "25s", "", {}, 1'000'000}},
       .traits = [](std::span<const OptionValue> options) -> Traits {
         return {.hold = TimedOption{"hold", Nanos(options[0].number)}};
       }},
      {.name = "sse"},
      {.name = "odd",
       .options = {{"buffer", Kind::kSize, "4KiB", "", {}, 1, 1 << 20},
                   {"batch", Kind::kCount, "1", "", {}, 1, 100},
                   {"deflate", Kind::kFlag, "false", ""},
                   {"label", Kind::kText, "/x", ""}},
       .validate = [](std::span<const OptionValue> options) -> std::optional<OptionError> {
         if (options[1].number > 50 && options[2].number == 1) return OptionError{"batch", "with deflate at most 50"};
         return std::nullopt;
       }}};
  return kTable;
}

inline constexpr std::string_view kMinimal = "name: a\nsubscribers: 10\npublish: { rate: 20/s }\ntechniques: [sse]\n";

inline LoadedScenario parse(std::string_view text, std::vector<std::string> overrides = {}) {
  return parse_scenario(std::string(text), "a.yaml", overrides, table());
}

inline std::string errors_of(const LoadedScenario& loaded) {
  std::string out;
  for (const ScenarioError& error : loaded.errors) out += error.text() + "\n";
  return out;
}

inline Scenario good(std::string_view text, std::vector<std::string> overrides = {}) {
  LoadedScenario loaded = parse(text, std::move(overrides));
  EXPECT_TRUE(loaded.scenario) << errors_of(loaded);
  return loaded.scenario ? std::move(*loaded.scenario) : Scenario{};
}

inline std::string with(std::string_view lines) {
  return std::string(kMinimal) + std::string(lines);
}

// A whole document whose `techniques` or `publish` line is another one.
inline std::string replaced(std::string_view key, std::string_view line) {
  std::string text(kMinimal);
  const std::size_t begin = text.find(std::string(key) + ":");
  return text.replace(begin, text.find('\n', begin) - begin, line);
}

}  // namespace loadgen::scenario_tests
