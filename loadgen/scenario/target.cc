// target: where subscribers connect, and the programs that are started for it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "loadgen/host/child_process.h"
#include "loadgen/scenario/parts.h"
#include "loadgen/scenario/placeholders.h"
#include "wire/url.h"

namespace loadgen {
namespace {

constexpr std::string_view kTargetKeys[] = {"url", "programs", "process", "syscalls"};
constexpr std::string_view kProgramKeys[] = {"command", "files", "start-timeout"};
constexpr std::string_view kReference = "reference";
constexpr std::string_view kReferencePort = "reference.port";
constexpr std::size_t kMaxPrograms = 20;
constexpr std::size_t kMaxWords = 200;
constexpr std::size_t kLongestText = std::size_t{256} << 10;

bool made_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           more.find(c) != std::string_view::npos;
  });
}

// What placeholders there will be, each with a value of its kind.
Placeholders names_of(const Scenario& scenario, const std::vector<std::string_view>& programs) {
  Placeholders values = {{std::string(kReferencePort), "1"}, {"scenario.folder", scenario_folder(scenario.path)}};
  for (const std::string_view name : programs) {
    values[fmt::format("{}.port", name)] = "1";
    values[fmt::format("{}.folder", name)] = "/";
  }
  return values;
}

std::vector<std::string_view> keys_of(const yaml::Value& map) {
  std::vector<std::string_view> keys;
  for (const yaml::Entry& entry : map.entries) keys.push_back(entry.key);
  return keys;
}

// Returns what is wrong with a server's URL, or "".
std::string check_url(const std::string& text, const Placeholders& values) {
  if (text == kReference) return {};
  const auto expanded = expand(text, values);
  if (!expanded) return expanded.error;
  if (!text.starts_with("http://") && !text.starts_with("https://"))
    return "must be reference or a URL such as http://127.0.0.1:8080";
  const auto url = wire::parse_url(*expanded.value);
  if (!url) return url.error;
  if (expanded.value->find_first_of("?#\"<>\\") != std::string::npos) {
    return "a URL has no query, fragment or quotes here: http://HOST:PORT/PATH";
  }
  return {};
}

class TargetReader {
 public:
  TargetReader(Issues& issues, Scenario& scenario) : issues_(issues), scenario_(scenario), target_(scenario.target) {}

  void read(const yaml::Value& node) {
    values_ = names_of(scenario_, {});
    if (node.kind == yaml::Value::Kind::kScalar) {
      read_url(node, "target");
    } else if (node.kind == yaml::Value::Kind::kMap) {
      const Section section(issues_, &node, "target", kTargetKeys);
      const yaml::Value* programs = section.find("programs");
      // By name first: each may name any other.
      if (programs != nullptr) values_ = names_of(scenario_, keys_of(*programs));
      target_.reference = false;
      if (section.require("url", "http://127.0.0.1:${nginx.port}")) read_url(*section.find("url"), "target.url");
      if (programs != nullptr) read_programs(*programs);
      if (const yaml::Value* process = section.find("process")) read_process(issues_, *process, target_);
      read_syscalls(section);
    } else {
      issues_.add(node, "target", "must be reference, a URL, or a map of keys (url, programs, process, syscalls)");
    }
  }

 private:
  // What stands for itself once the placeholders are replaced.
  std::optional<std::string> expanded(const yaml::Value& place, const std::string& key, const std::string& text) {
    target_.reference |= names_placeholder(text, kReferencePort);
    auto result = expand(text, values_);
    if (!result) issues_.add(place, key, result.error);
    return result.value;
  }

  void read_url(const yaml::Value& node, const std::string& key) {
    if (node.kind != yaml::Value::Kind::kScalar)
      return issues_.add(node, key, "must be reference or a URL such as http://127.0.0.1:8080");
    target_.url = node.scalar;
    target_.reference = target_.url == kReference || names_placeholder(target_.url, kReferencePort);
    if (std::string error = check_url(target_.url, values_); !error.empty()) issues_.add(node, key, error);
  }

  void read_syscalls(const Section& section) {
    constexpr std::string_view kWords[] = {"false", "true"};
    std::size_t word = 0;
    section.word("syscalls", word, kWords);
    target_.count_syscalls = word == 1;
  }

  void read_programs(const yaml::Value& node) {
    const Section section(issues_, &node, "target.programs", keys_of(node));
    if (node.entries.size() > kMaxPrograms)
      return issues_.add(node, "target.programs", fmt::format("more than {} programs", kMaxPrograms));
    for (const yaml::Entry& entry : node.entries) read_program(entry);
  }

  void read_program(const yaml::Entry& entry) {
    const std::string path = "target.programs." + entry.key;
    const bool reserved = entry.key == kReference || entry.key == "scenario";
    if (!made_of(entry.key, "_-") || entry.key.size() > 40 || reserved) {
      return issues_.add_key(entry, path,
                             "a program's name has letters, digits, _ and - only, and is not reference or scenario");
    }
    const Section section(issues_, &entry.value, path, kProgramKeys);
    if (entry.value.kind != yaml::Value::Kind::kMap) return;
    ProgramSpec program;
    program.name = entry.key;
    program.line = entry.line;
    section.duration("start-timeout", program.start_timeout, std::chrono::milliseconds(1), std::chrono::minutes(10));
    if (section.require("command", "[nginx, -p, \"${nginx.folder}\"]"))
      read_command(*section.find("command"), path + ".command", program);
    if (const yaml::Value* files = section.find("files")) read_files(*files, path + ".files", program);
    target_.programs.push_back(std::move(program));
  }

  void read_command(const yaml::Value& node, const std::string& path, ProgramSpec& program) {
    const auto is_word = [](const yaml::Value& item) { return item.kind == yaml::Value::Kind::kScalar; };
    if (node.kind != yaml::Value::Kind::kSequence || node.items.empty() || node.items.size() > kMaxWords ||
        !std::ranges::all_of(node.items, is_word)) {
      return issues_.add(node, path, "must be a list of words, such as [node, server.js, \"${node.port}\"]");
    }
    for (const yaml::Value& item : node.items) {
      const std::string key = fmt::format("{}[{}]", path, program.command.size());
      const auto word = expanded(item, key, item.scalar);
      const bool made_at_start =
          item.scalar.find(".folder}") != std::string::npos && !names_placeholder(item.scalar, "scenario.folder");
      if (program.command.empty() && word && !made_at_start && find_program(*word).empty()) {
        issues_.add(item, key,
                    word->find('/') != std::string::npos
                        ? "there is no such executable file (a path is relative to the current folder; "
                          "${scenario.folder} is that of this scenario)"
                        : "there is no such program in PATH or the folders of system daemons: install it, or write its "
                          "path");
      }
      program.command.push_back(item.scalar);
    }
  }

  void read_files(const yaml::Value& node, const std::string& path, ProgramSpec& program) {
    const Section section(issues_, &node, path, keys_of(node));
    for (const yaml::Entry& entry : node.entries) {
      const std::string key = path + "." + entry.key;
      if (!made_of(entry.key, "._-") || entry.key.front() == '.' || entry.key == "output.log") {
        issues_.add_key(entry, key,
                        "a file's name has letters, digits and . _ - only, and is not output.log: it lies in the "
                        "program's own folder");
        continue;
      }
      std::string text;
      section.text(entry.key, text, kLongestText);
      expanded(entry.value, key, text);
      program.files.emplace_back(entry.key, std::move(text));
    }
  }

  Issues& issues_;
  Scenario& scenario_;
  Target& target_;
  Placeholders values_;
};

}  // namespace

std::string scenario_folder(const std::string& path) {
  return std::filesystem::absolute(path).parent_path().string();
}

void read_target(Issues& issues, const yaml::Value& node, Scenario& out) {
  TargetReader(issues, out).read(node);
}

void read_publish_request(Issues& issues, const Section& section, Scenario& out) {
  constexpr std::string_view kMethods[] = {"POST", "PUT"};
  std::size_t method = 0;
  section.word("method", method, kMethods);
  out.publish.method = kMethods[method];
  read_path(section, "path", out.publish.path);
  read_headers(issues, section, "headers", out.publish.headers);
  std::string& url = out.publish.url;
  section.text("url", url, 2048);
  if (url.empty()) return;
  std::vector<std::string_view> names;
  for (const ProgramSpec& program : out.target.programs) names.push_back(program.name);
  if (std::string error = check_url(url, names_of(out, names)); !error.empty()) section.error("url", error);
  out.target.reference |= url == kReference || names_placeholder(url, kReferencePort);
}

}  // namespace loadgen
