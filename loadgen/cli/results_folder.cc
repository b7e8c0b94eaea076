#include "loadgen/cli/results_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "loadgen/campaign/outcome.h"
#include "loadgen/host/terminal.h"

namespace loadgen {

namespace fs = std::filesystem;

namespace {

bool make_directory(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (!error && access(directory.c_str(), W_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) complain(fmt::format("cannot write to {}: {}", directory.string(), error.message()));
  return !error;
}

std::string default_directory(const Scenario& scenario) {
  std::string time = utc_now();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return "results/" + scenario.name + "-" + time;
}

}  // namespace

std::optional<ResultsFolders> make_results_folders(std::span<const Scenario> scenarios, const std::string& typed) {
  ResultsFolders folders{typed.empty() ? default_directory(scenarios.front()) : typed, {}};
  for (auto scenario = scenarios.begin(); scenario != scenarios.end(); ++scenario) {
    const auto same = std::ranges::find(scenarios.begin(), scenario, scenario->name, &Scenario::name);
    if (same != scenario) {
      complain(
          fmt::format("{} and {} have the same name, '{}', and their results one folder: give them names of their own",
                      same->path, scenario->path, scenario->name));
      return std::nullopt;
    }
    folders.each.push_back(scenarios.size() == 1 ? folders.base : (fs::path(folders.base) / scenario->name).string());
  }
  if (!std::ranges::all_of(folders.each, [](const std::string& folder) { return make_directory(folder); }))
    return std::nullopt;
  return folders;
}

}  // namespace loadgen
