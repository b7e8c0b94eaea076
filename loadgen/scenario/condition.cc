#include "loadgen/scenario/condition.h"

#include <fmt/format.h>

namespace loadgen {

namespace {

constexpr std::string_view kBlank = " \t";

struct Word {
  std::string_view text;
  std::size_t begin = 0;
};

// The next word at or after `from`; an empty one at the end.
Word next_word(std::string_view text, std::size_t from) {
  const std::size_t begin = text.find_first_not_of(kBlank, from);
  if (begin == std::string_view::npos) return {"", text.size()};
  const std::size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
  return {text.substr(begin, end - begin), begin};
}

std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(kBlank);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

std::string at(std::size_t place, std::string_view part, std::string_view error) {
  return fmt::format("at column {}{}: {}", place + 1, part.empty() ? "" : fmt::format(", '{}'", part), error);
}

// A way to join that is not ours.
bool is_other_join(std::string_view word) {
  return word == "or" || word == "OR" || word == "||" || word == "AND" || word == "&&" || word == ",";
}

}  // namespace

wire::Parsed<Condition> parse_condition(std::string_view text, std::span<const MetricInfo> metrics) {
  Condition condition{std::string(trimmed(text)), {}};
  for (Word first = next_word(text, 0);; first = next_word(text, first.begin)) {
    Word word = first;
    while (!word.text.empty() && word.text != "and") {
      if (is_other_join(word.text)) return {{}, at(word.begin, word.text, "thresholds are joined by 'and' only")};
      word = next_word(text, word.begin + word.text.size());
    }
    const std::string_view part = trimmed(text.substr(first.begin, word.begin - first.begin));
    if (part.empty()) {
      return {{}, at(first.begin, "", "a threshold is missing here, such as delivery_latency.p99 < 100ms")};
    }
    auto threshold = parse_threshold(part, metrics);
    if (!threshold) return {{}, at(first.begin, part, threshold.error)};
    condition.thresholds.push_back(std::move(*threshold.value));
    if (word.text.empty()) return {std::move(condition), {}};
    first.begin = word.begin + word.text.size();
  }
}

}  // namespace loadgen
