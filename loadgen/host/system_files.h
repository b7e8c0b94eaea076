// What the kernel tells in small files under /proc and /sys. The root is an argument, so that tests bring their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadgen {

class SystemFiles {
 public:
  explicit SystemFiles(std::filesystem::path root = "/") : root_(std::move(root)) {}

  // Paths are without the leading "/": "proc/sys/net/core/somaxconn". Nothing when the file is not there or holds
  // something else.
  std::optional<std::string> text(std::string_view path) const;
  std::optional<std::uint64_t> number(std::string_view path) const;  // the first word
  std::vector<std::uint64_t> numbers(std::string_view path) const;   // all words up to one that is no number
  // Of a line "KEY VALUE" or "KEY: VALUE unit".
  std::optional<std::uint64_t> value(std::string_view path, std::string_view key) const;
  std::optional<std::string> line(std::string_view path) const;  // the first; nothing when it is empty
  // What follows `separator` in the first line that begins with `key`, without blanks and quotes round it; nothing when
  // that is nothing.
  std::optional<std::string> setting(std::string_view path, std::string_view key, char separator) const;

 private:
  std::filesystem::path root_;
};

// The names in a folder, in any order. What cannot be read, because the folder is gone or goes meanwhile, is left out.
std::vector<std::string> names_in(const std::filesystem::path& folder);
// Those that are numbers: processes and threads, as /proc lists them.
std::vector<int> numbers_in(const std::filesystem::path& folder);

}  // namespace loadgen
