#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/scenario/scenario.h"
#include "scenario_helpers.h"

namespace loadgen {
namespace {

using namespace scenario_tests;

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

// Each of these ends in errors: no crash, no hang (the test's own time limit is the judge).
TEST(HostileYaml, IsAnErrorAndNothingElse) {
  std::string bomb = "a: &a [x, x]\n";
  for (char c = 'b'; c <= 'z'; ++c)
    bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" + static_cast<char>(c - 1) + "]\n";
  std::string staircase;
  for (int i = 0; i < 1000; ++i) staircase += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  const std::vector<std::pair<std::string, std::string>> table_of_texts = {
      {"an alias bomb", bomb},
      {"an alias to itself", "a: &a [*a]\n"},
      {"nested sequences", repeated("[", 500'000)},
      {"nested maps", repeated("{a: ", 200'000)},
      {"nested block sequences", repeated("- ", 500'000)},
      {"nested block maps", staircase},
      {"explicit keys", repeated("? ", 400'000)},
      {"closing brackets", repeated("]", 500'000)},
      {"a long scalar", std::string(900'000, 'a')},
      {"a long key", std::string(900'000, 'a') + ": b\n"},
      {"many keys",
       [] {
         std::string text;
         for (int i = 0; i < 80'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
         return text;
       }()},
      {"many equal keys", repeated("name: a\n", 100'000)},
      {"many techniques", with("").replace(with("").find("[sse]"), 5, "[" + repeated("sse,", 200'000) + "]")},
      {"many thresholds", with("thresholds: [" + repeated("missing == 0,", 70'000) + "]\n")},
      {"many quotes", repeated("\"", 500'001)},
      {"many colons", repeated(":", 500'000)},
      {"many commas", "[" + repeated(",", 500'000)},
      {"many documents", repeated("---\n", 200'000)},
      {"many directives", repeated("%YAML 1.2\n", 100'000)},
      {"blank lines", repeated("\n", 1'000'000)},
      {"a hidden end", std::string(kMinimal) + "\x04" + "zzz: 1\n"},
      {"a zero byte", with(std::string("description: a\0b\n", 17))},
      {"no UTF-8", with("description: \xff\n")},
      {"half a character", with("description: \xe2\x82")},
      {"UTF-16", std::string("\xff\xfe"
                             "n\0a\0",
                             6)},
      {"too much", std::string(kMaxScenarioBytes + 1, '#')}};
  for (const auto& [what, text] : table_of_texts) {
    const LoadedScenario loaded = parse(text);
    EXPECT_FALSE(loaded.scenario) << what;
    EXPECT_FALSE(loaded.errors.empty()) << what;
    EXPECT_LE(loaded.errors.size(), 51U) << what;
  }
}

TEST(HostileYaml, CutAnywhereNeverThrows) {
  const std::string text =
      with("connect: { rate: 20/s }\nthresholds: [missing == 0, { technique: sse, check: 'corrupt == 0' }]\n");
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const LoadedScenario loaded = parse(text.substr(0, size));
    EXPECT_NE(loaded.scenario.has_value(), !loaded.errors.empty()) << size;
  }
}

}  // namespace
}  // namespace loadgen
