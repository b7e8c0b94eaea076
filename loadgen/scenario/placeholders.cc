#include "loadgen/scenario/placeholders.h"

#include <fmt/format.h>

#include <vector>

namespace loadgen {

namespace {

constexpr std::string_view kOpen = "${";

std::string unknown(std::string_view name, const Placeholders& values) {
  std::vector<std::string_view> names;
  for (const auto& entry : values) names.push_back(entry.first);
  const std::string_view near = wire::nearest_word(name, names);
  if (!near.empty()) return fmt::format("unknown placeholder ${{{}}}: did you mean ${{{}}}?", name, near);
  return fmt::format("unknown placeholder ${{{}}}: one of ${{{}}}", name, fmt::join(names, "}, ${"));
}

}  // namespace

wire::Parsed<std::string> expand(std::string_view text, const Placeholders& values) {
  std::string out;
  while (true) {
    const std::size_t open = text.find(kOpen);
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) return {out, ""};
    text.remove_prefix(open + kOpen.size());
    if (out.ends_with('$')) {
      out += '{';
      continue;
    }
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      return {std::nullopt, fmt::format("'${{{}' is not closed: write ${{nginx.port}}, or $${{ for ${{ itself",
                                        text.substr(0, text.find_first_of(" \n\"/")))};
    }
    const auto value = values.find(text.substr(0, close));
    if (value == values.end()) return {std::nullopt, unknown(text.substr(0, close), values)};
    out.append(value->second);
    text.remove_prefix(close + 1);
  }
}

bool names_placeholder(std::string_view text, std::string_view name) {
  const std::string placeholder = fmt::format("${{{}}}", name);
  for (std::size_t at = text.find(placeholder); at != std::string_view::npos; at = text.find(placeholder, at + 1)) {
    if (at == 0 || text[at - 1] != '$') return true;
  }
  return false;
}

}  // namespace loadgen
