#include "loadgen/host/system_files.h"

#include <fstream>
#include <iterator>
#include <sstream>

namespace loadgen {

std::optional<std::string> SystemFiles::text(std::string_view path) const {
  std::ifstream file(root_ / path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<std::uint64_t> SystemFiles::numbers(std::string_view path) const {
  std::istringstream words(text(path).value_or(""));
  return {std::istream_iterator<std::uint64_t>(words), {}};
}

std::optional<std::uint64_t> SystemFiles::number(std::string_view path) const {
  const std::vector<std::uint64_t> all = numbers(path);
  if (all.empty()) return std::nullopt;
  return all.front();
}

std::optional<std::uint64_t> SystemFiles::value(std::string_view path, std::string_view key) const {
  std::istringstream lines(text(path).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t number = 0;
    if (!(words >> name) || (name != key && name != std::string(key) + ":")) continue;
    if (words >> number) return number;
  }
  return std::nullopt;
}

}  // namespace loadgen
