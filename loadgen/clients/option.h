// An option of a technique, or of a program, as a table describes it: what reads it, its help, the scenario's schema
// and its documentation are made of this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadgen {

// A value, parsed and in the unit of its kind.
struct OptionValue {
  std::int64_t number = 0;  // kDuration: ns; kSize: bytes; kCount: as it is; kFlag: 0 or 1; kChoice: index into choices
  std::string text;         // kText, and kChoice's word
};

struct OptionSpec {
  enum class Kind : std::uint8_t { kDuration, kSize, kCount, kFlag, kChoice, kText };
  std::string_view key;
  Kind kind = Kind::kText;
  std::string_view fallback{};              // in scenario syntax ("1s"); what an absent key means
  std::string_view description{};           // for `pushbench techniques`, the schema and the documentation
  std::vector<std::string_view> choices{};  // kChoice
  std::int64_t min = 0;                     // of `number`
  std::int64_t max = INT64_MAX;
  std::string_view (*validate)(std::string_view text) = nullptr;  // kText: empty, or what would be right
  bool manual = false;  // of a technique: `pushbench listen` takes it as --KEY
};

}  // namespace loadgen
