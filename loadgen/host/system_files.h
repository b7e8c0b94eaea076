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

 private:
  std::filesystem::path root_;
};

}  // namespace loadgen
