#include "loadgen/host/system_files.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

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

std::optional<std::string> SystemFiles::line(std::string_view path) const {
  const std::string all = text(path).value_or("");
  std::string first = all.substr(0, all.find('\n'));
  if (first.empty()) return std::nullopt;
  return first;
}

std::optional<std::string> SystemFiles::setting(std::string_view path, std::string_view key, char separator) const {
  constexpr std::string_view kRound = " \t\"'\r";
  std::istringstream lines(text(path).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(separator);
    if (!line.starts_with(key) || at == std::string::npos) continue;
    const std::size_t first = line.find_first_not_of(kRound, at + 1);
    if (first == std::string::npos) return std::nullopt;
    return line.substr(first, line.find_last_not_of(kRound) + 1 - first);
  }
  return std::nullopt;
}

// An iterator's ++ throws where increment() does not.
std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    names.push_back(entry->path().filename());
  return names;
}

std::vector<int> numbers_in(const std::filesystem::path& folder) {
  std::vector<int> numbers;
  for (const std::string& name : names_in(folder)) {
    int number = 0;
    const char* const last = name.data() + name.size();
    const auto [end, error] = std::from_chars(name.data(), last, number);
    if (error == std::errc() && end == last) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace loadgen
