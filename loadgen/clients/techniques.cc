#include "loadgen/clients/techniques.h"

#include <algorithm>
#include <array>

namespace loadgen {

std::vector<TechniqueInfo> make_technique_table();  // generated: a row a file of techniques/

std::span<const TechniqueInfo> techniques() {
  static const std::vector<TechniqueInfo> table = [] {
    std::vector<TechniqueInfo> rows = make_technique_table();
    std::ranges::sort(rows, {}, &TechniqueInfo::rank);
    return rows;
  }();
  return table;
}

const TechniqueInfo* find_technique(std::string_view name) {
  const auto found = std::ranges::find(techniques(), name, &TechniqueInfo::name);
  return found == techniques().end() ? nullptr : &*found;
}

std::string technique_names(bool (*holds)(const TechniqueInfo&)) {
  std::string names;
  for (const TechniqueInfo& technique : techniques()) {
    if (holds(technique)) names += (names.empty() ? "" : ", ") + std::string(technique.name);
  }
  return names;
}

std::string_view kind_name(TechniqueInfo::Kind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"polls", "stream", "duplex"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace loadgen
