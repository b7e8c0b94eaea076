#include "loadgen/campaign/previous_runs.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

namespace loadgen {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostFolders = 200;
constexpr std::uintmax_t kLargest = std::uintmax_t{64} << 20;

struct Earlier {
  std::string started;
  std::string verdict;
  std::vector<std::string> replaced;
};

// The worst of its runs: "valid", "doubtful", "invalid". Without any, the measurement ended before the first.
std::string verdict_of(const Json& result) {
  if (result.at("runs").empty()) return "invalid";
  constexpr std::array<std::string_view, 3> kWords = {"valid", "doubtful", "invalid"};
  std::size_t worst = 0;
  for (const Json& run : result.at("runs")) {
    const auto place = std::ranges::find(kWords, run.at("verdict").get<std::string>());
    if (place != kWords.end()) worst = std::max(worst, static_cast<std::size_t>(place - kWords.begin()));
  }
  return std::string(kWords[worst]);
}

// Large parts are thrown away while they are read. Nothing when it is another plan, another day's, or no result.
std::optional<Earlier> read_earlier(const fs::path& file, const std::string& plan, const std::string& day) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || size > kLargest) return std::nullopt;
  const auto keep = [](int, Json::parse_event_t event, Json& parsed) {
    return event != Json::parse_event_t::key || (parsed != "histograms" && parsed != "series");
  };
  try {
    std::ifstream stream(file);
    const Json result = Json::parse(stream, keep);
    const Json& attempts = result.at("attempts");
    Earlier earlier{result.at("started"), verdict_of(result), attempts.at("replaced")};
    if (attempts.at("plan_sha256") != plan || !earlier.started.starts_with(day)) return std::nullopt;
    return earlier;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

// Folders beside `directory`, the latest first.
std::vector<fs::path> neighbours(const fs::path& directory) {
  std::vector<std::pair<fs::file_time_type, fs::path>> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory.parent_path(), error)) {
    std::error_code wrong;
    const fs::path file = entry.path() / "result.json";
    const auto time = fs::last_write_time(file, wrong);
    if (!wrong && !fs::equivalent(entry.path(), directory, wrong)) folders.emplace_back(time, file);
  }
  std::ranges::sort(folders, std::greater<>());
  if (folders.size() > kMostFolders) folders.resize(kMostFolders);
  std::vector<fs::path> files;
  for (auto& folder : folders) files.push_back(std::move(folder.second));
  return files;
}

}  // namespace

std::string sha256_hex(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string plan_hash(const Scenario& scenario) {
  std::string plan = scenario.text;
  for (const std::string& change : scenario.overrides) plan += "\n--set " + change;
  for (const Variant& variant : scenario.variants) plan += "\n" + variant.label();
  return sha256_hex(plan + fmt::format("\n{}", scenario.repetitions));
}

PreviousRuns find_previous_runs(const Scenario& scenario, const std::string& directory, const std::string& started) {
  PreviousRuns runs;
  runs.plan = plan_hash(scenario);
  const std::string day = started.substr(0, started.find('T'));
  const fs::path folder = fs::absolute(directory).lexically_normal();
  const fs::path own = folder.has_filename() ? folder : folder.parent_path();
  std::vector<Earlier> found;
  if (auto earlier = read_earlier(own / "result.json", runs.plan, day)) {
    runs.replaced = earlier->replaced;
    runs.replaced.push_back(earlier->verdict);
    found.push_back(std::move(*earlier));
  }
  for (const fs::path& file : neighbours(own)) {
    if (auto earlier = read_earlier(file, runs.plan, day)) found.push_back(std::move(*earlier));
  }
  std::ranges::stable_sort(found, {}, &Earlier::started);
  for (const Earlier& earlier : found) {
    runs.previous.insert(runs.previous.end(), earlier.replaced.begin(), earlier.replaced.end());
    runs.previous.push_back(earlier.verdict);
  }
  return runs;
}

std::string previous_runs_text(const PreviousRuns& runs) {
  const std::uint64_t number = runs.number();
  const std::uint64_t last = number % 10;
  const bool teen = number % 100 / 10 == 1;
  const char* ending = teen ? "th" : last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
  std::string list;
  for (const std::string& verdict : runs.previous) list += (list.empty() ? "" : ", ") + verdict;
  return fmt::format("{}{} attempt of this scenario today (previous: {})", number, ending, list);
}

nlohmann::ordered_json previous_runs_json(const PreviousRuns& runs) {
  return {
      {"plan_sha256", runs.plan}, {"number", runs.number()}, {"previous", runs.previous}, {"replaced", runs.replaced}};
}

}  // namespace loadgen
