// The YAML document behind a scenario, with the place of every key and value. Own tree instead of YAML::Node: it keeps
// duplicate keys, marks of keys and where an override came from, and refuses what a hostile file needs (aliases, deep
// nesting).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadgen::yaml {

struct Entry;

struct Value {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string scalar;
  std::vector<Value> items;
  std::vector<Entry> entries;  // in the order of the file, duplicates included
  std::string origin;          // "--set KEY=VALUE" when it came from there, else empty
  int line = 0;                // from 1; 0 for overrides
  int column = 0;

  const Value* find(std::string_view key) const;  // first entry of a map; null when absent or no map
};

struct Entry {
  std::string key;
  std::string origin;
  int line = 0;
  int column = 0;
  Value value;
};

// Why a text is no tree, and where (0 = no place).
struct Failure {
  std::string message;
  int line = 0;
  int column = 0;
};

inline constexpr int kMaxDepth = 16;
inline constexpr int kMaxNodes = 20'000;

// One document. Refuses anchors, aliases, tags, keys that are no scalars, several documents, nesting beyond kMaxDepth,
// more than kMaxNodes keys and values, control characters, and anything that is not UTF-8.
std::optional<Failure> parse(const std::string& text, Value& root);

// Sets `key` ("publish.rate", "techniques[0].polling.interval") to the YAML in `value`; maps on the way are created.
// Returns why not.
std::optional<Failure> set(Value& root, std::string_view key, const std::string& value, const std::string& origin);

// The node at a dotted path, or the nearest one above it that exists: where an error about that key belongs.
const Value& locate(const Value& root, std::string_view path);

bool has(const Value& root, std::string_view path);

}  // namespace loadgen::yaml
