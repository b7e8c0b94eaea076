// Paths and headers of requests: what a server that is not ours wants to be asked.
#include <fmt/format.h>

#include <algorithm>

#include "loadgen/scenario/parts.h"
#include "wire/http1/header.h"
#include "wire/text.h"

namespace loadgen {
namespace {

constexpr std::size_t kLongestPath = 2048;
constexpr std::size_t kLongestHeader = 8192;
constexpr std::string_view kNeverGiven[] = {"Content-Length", "Transfer-Encoding", "Upgrade", "Expect"};

bool is_blank_or_control(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
}

bool is_never_given(std::string_view name) {
  return std::ranges::any_of(kNeverGiven, [&](std::string_view one) { return wire::equal_ignoring_case(one, name); });
}

}  // namespace

void read_path(const Section& section, std::string_view key, std::string& out) {
  std::string path;
  section.text(key, path, kLongestPath);
  if (path.empty()) return;
  const bool bad = std::ranges::any_of(path, is_blank_or_control) || path.find('#') != std::string::npos;
  if (!path.starts_with('/') || bad) {
    return section.error(key, "a path starts with / and has no blanks and no #, such as /sub/{topic}");
  }
  out = path;
}

void read_headers(Issues& issues, const Section& section, std::string_view key, std::string& out) {
  const yaml::Value* map = section.find(key);
  if (map == nullptr) return;
  std::vector<std::string_view> names;
  for (const yaml::Entry& entry : map->entries) names.push_back(entry.key);
  const Section headers(issues, map, section.path(key), names);
  for (const yaml::Entry& entry : map->entries) {
    const std::string path = headers.path(entry.key);
    if (!wire::is_token(entry.key)) {
      issues.add_key(entry, path, "a header's name has letters, digits and - only, such as Accept");
      continue;
    }
    if (is_never_given(entry.key)) {
      issues.add_key(entry, path, "is made by pushbench itself");
      continue;
    }
    std::string value;
    headers.text(entry.key, value, kLongestHeader);
    if (std::ranges::any_of(value, [](char c) { return is_blank_or_control(c) && c != ' '; })) {
      headers.error(entry.key, "a header's value is one line without control characters");
      continue;
    }
    out += fmt::format("{}: {}\r\n", entry.key, value);
  }
}

}  // namespace loadgen
