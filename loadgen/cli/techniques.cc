// `pushbench techniques`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "loadgen/cli/commands.h"
#include "loadgen/clients/techniques.h"
#include "loadgen/host/terminal.h"
#include "loadgen/scenario/parts.h"

namespace loadgen {

namespace {

using Json = nlohmann::ordered_json;

void list() {
  for (const TechniqueInfo& technique : techniques()) {
    print(stdout, fmt::format("{}\n    {}\n", technique.name, technique.description));
    for (const OptionSpec& option : technique.options) {
      print(stdout, fmt::format("    {} (default {}): {}\n", option.key, option.fallback, option.description));
    }
  }
}

// Null, or the key.
template <typename Trait>
Json key_of(const std::optional<Trait>& trait) {
  return trait ? Json(trait->key) : Json();
}

// One object a technique. `interval` and `hold` name the option that says it.
Json to_json(const TechniqueInfo& technique) {
  std::vector<OptionValue> defaults;
  Json options = Json::array();
  for (const OptionSpec& option : technique.options) {
    defaults.push_back(default_option(option));
    options.push_back({{"key", option.key},
                       {"default", option.fallback},
                       {"choices", option.choices},
                       {"description", option.description}});
  }
  const Traits traits = technique.traits_of(defaults);
  return {{"name", technique.name},
          {"kind", kind_name(technique.kind)},
          {"route", technique.route},
          {"description", technique.description},
          {"publishes", technique.publishes},
          {"connections", traits.footprint.connections},
          {"interval", key_of(traits.polls)},
          {"hold", key_of(traits.hold)},
          {"options", options}};
}

void list_as_json() {
  Json all = Json::array();
  for (const TechniqueInfo& technique : techniques()) all.push_back(to_json(technique));
  print(stdout, all.dump(2) + "\n");
}

}  // namespace

void add_techniques(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("techniques", "List the techniques and their options");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "For programs: an array of objects");
  command->callback([&invocation, json] {
    *json ? list_as_json() : list();
    invocation.exit_code = 0;
  });
}

}  // namespace loadgen
