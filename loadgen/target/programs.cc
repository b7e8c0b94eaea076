#include "loadgen/target/programs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "loadgen/target/target_process.h"
#include "net/clock.h"
#include "net/listener.h"
#include "wire/printable.h"
#include "wire/url.h"

namespace loadgen {

namespace fs = std::filesystem;

namespace {

constexpr Nanos kLook = std::chrono::milliseconds(5);  // between two attempts to connect; nothing tells of a listen()
constexpr const char* kOutput = "output.log";
constexpr int kAttempts = 3;  // with other ports each time
constexpr std::size_t kLastLines = 5;
constexpr std::size_t kLastBytes = 2'000;

std::string make_folder(const std::string& name) {
  std::string pattern = (fs::temp_directory_path() / ("pushbench-" + name + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make the folder " + pattern + ": " + strerror(errno));
  return pattern;
}

std::string place_of(const Scenario& scenario, const ProgramSpec& plan) {
  return fmt::format("{}:{}: key 'target.programs.{}': '{}': ", scenario.path, plan.line, plan.name,
                     fmt::join(plan.command, " "));
}

std::string url_of(const std::string& text, const std::string& reference_scheme, const Placeholders& values) {
  return text == "reference" ? reference_scheme + "://127.0.0.1:" + values.at("reference.port")
                             : expand(text, values).value.value();
}

}  // namespace

Program::Program(const ProgramSpec& plan, Placeholders& values, bool hold)
    : plan_(plan), folder_(make_folder(plan.name)), reserved_(net::reserve_port_for_another(port_)) {
  if (!hold) close(std::exchange(reserved_, -1));
  values[plan.name + ".port"] = std::to_string(port_);
  values[plan.name + ".folder"] = folder_;
}

Program::~Program() {
  process_.reset();
  if (reserved_ >= 0) close(reserved_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Program::write_files(const Placeholders& values) const {
  for (const auto& [name, text] : plan_.files) {
    std::ofstream file(folder_ + "/" + name, std::ios::binary);
    file << expand(text, values).value.value();
    if (!file.flush()) throw std::runtime_error("cannot write " + folder_ + "/" + name + ": " + strerror(errno));
  }
}

std::string Program::start(const Placeholders& values) {
  write_files(values);
  std::vector<std::string> command;
  for (const std::string& word : plan_.command) command.push_back(expand(word, values).value.value());
  const int output = open((folder_ + "/" + kOutput).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) return "cannot write its " + std::string(kOutput) + ": " + strerror(errno);
  try {
    process_.emplace(command, ChildProcess::Streams{output, output});
  } catch (const std::runtime_error& error) {
    close(output);
    return error.what();
  }
  close(output);
  std::string wrong = wait_until_it_listens();
  if (reserved_ >= 0) close(std::exchange(reserved_, -1));
  return wrong;
}

std::string Program::wait_until_it_listens() {
  const wire::Time deadline = net::now() + plan_.start_timeout;
  while (!listens()) {
    if (process_->ends_within(kLook)) {
      const std::string end = process_->ended();
      const bool daemon = end == "exited with status 0";
      return fmt::format("{} before it listened on 127.0.0.1:{}{}{}", end, port_,
                         daemon ? " (it must stay in the foreground)" : "", last_words());
    }
    if (net::now() >= deadline) {
      return fmt::format("did not listen on 127.0.0.1:{} within {} (start-timeout){}", port_,
                         wire::format_duration(plan_.start_timeout), last_words());
    }
  }
  return {};
}

bool Program::listens() const {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool open = connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return open;
}

bool Program::found_port_in_use() const {
  if (!process_ || process_->ended().empty()) return false;
  std::string words = last_words();
  std::transform(words.begin(), words.end(), words.begin(), [](unsigned char c) { return std::tolower(c); });
  return words.find("address already in use") != std::string::npos || words.find("eaddrinuse") != std::string::npos;
}

std::string Program::last_words() const {
  std::ifstream file(folder_ + "/" + kOutput, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(file.tellg(), 0));
  std::string text(std::min(size, kLastBytes), '\0');
  file.seekg(static_cast<std::streamoff>(size - text.size()));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (text.ends_with('\n')) text.pop_back();
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < kLastLines && begin != std::string::npos && begin > 0; ++lines)
    begin = text.rfind('\n', begin - 1);
  if (begin != std::string::npos && begin > 0) text.erase(0, begin + 1);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += "\n    | " + wire::printable(std::string_view(text).substr(at, end - at), kLastBytes);
    at = end + 1;
  }
  return out;
}

Programs::Programs(const Scenario& scenario, const std::string& reference_program,
                   const std::vector<std::string>& reference_arguments, bool reference_tls)
    : scenario_(scenario), reference_scheme_(reference_tls ? "https" : "http") {
  values_["scenario.folder"] = scenario_folder(scenario.path);
  if (scenario.target.reference) {
    reference_.emplace(reference_program, reference_arguments);
    const std::string& address = reference_->address();
    values_["reference.port"] = address.substr(address.rfind(':') + 1);
    running_.push_back({"the reference server", &reference_->process()});
    server_ = reference_->process().pid();
  }
  try {
    start_programs(scenario);
    choose_server();
  } catch (...) {
    stop();
    throw;
  }
}

// A port that turns out to be in use (the program does not ask for SO_REUSEADDR, or listens on more than it was given)
// is no reason to give up: all of them start again with other ports, since any may have been told the port of another.
void Programs::start_programs(const Scenario& scenario) {
  for (int attempt = 1;; ++attempt) {
    programs_.clear();
    for (const ProgramSpec& plan : scenario.target.programs) programs_.emplace_back(plan, values_, attempt == 1);
    std::string wrong;
    bool again = false;
    for (Program& program : programs_) {
      wrong = program.start(values_);
      if (wrong.empty()) continue;
      again = attempt < kAttempts && program.found_port_in_use();
      if (!again) throw std::runtime_error(place_of(scenario, program.plan()) + wrong);
      break;
    }
    if (!again) break;
  }
  const std::string& published_to = scenario.publish_url();
  for (const Program& program : programs_) {
    running_.push_back({"program " + program.plan().name, &program.process()});
    if (server_ < 0 && names_placeholder(published_to, program.plan().name + ".port"))
      server_ = program.process().pid();
  }
}

void Programs::choose_server() {
  const ProcessSelector& plan = scenario_.target.process;
  FoundProcess found;
  switch (plan.by) {
    case ProcessSelector::By::kNone:
      server_ = -1;
      return;
    case ProcessSelector::By::kDefault:
      if (!scenario_.target.is_running() || !scenario_.target.is_loopback()) return;
      found = process_with_port(server_port());
      server_unknown_ = found.error;
      server_chosen_by_ = "port";
      break;
    case ProcessSelector::By::kPid:
      found = process_with_pid(static_cast<pid_t>(plan.number));
      server_chosen_by_ = "pid";
      break;
    case ProcessSelector::By::kCommand:
      found = process_with_command(plan.command);
      server_chosen_by_ = "command";
      break;
    case ProcessSelector::By::kPort:
      found = process_with_port(static_cast<std::uint16_t>(plan.number));
      server_chosen_by_ = "port";
      break;
  }
  if (!found.error.empty() && plan.by != ProcessSelector::By::kDefault) {
    const std::string line = plan.line > 0 ? fmt::format(":{}", plan.line) : std::string();
    throw std::runtime_error(
        fmt::format("{}{}: key 'target.process': '{}': {}", scenario_.path, line, plan.text(), found.error));
  }
  server_ = found.pid;
}

std::uint16_t Programs::server_port() const {
  const ProcessSelector& plan = scenario_.target.process;
  if (plan.by == ProcessSelector::By::kPort) return static_cast<std::uint16_t>(plan.number);
  const bool own = plan.by == ProcessSelector::By::kDefault && !scenario_.target.is_running();
  return wire::parse_url(own ? publish_url() : target_url()).value->port;
}

std::string Programs::ended(std::size_t index) const {
  const Running& one = running_[index];
  const std::size_t first = running_.size() - programs_.size();
  return one.name + " " + one.process->ended() + (index >= first ? programs_[index - first].last_words() : "");
}

std::string Programs::target_url() const {
  return url_of(scenario_.target.url, reference_scheme_, values_);
}

std::string Programs::publish_url() const {
  return url_of(scenario_.publish_url(), reference_scheme_, values_);
}

void Programs::stop() {
  running_.clear();
  while (!programs_.empty()) programs_.pop_back();
  reference_.reset();
}

}  // namespace loadgen
