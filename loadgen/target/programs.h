// Everything that a run starts: the reference server, then the scenario's programs in their order; ended in the reverse
// order.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/host/child_process.h"
#include "loadgen/scenario/placeholders.h"
#include "loadgen/scenario/scenario.h"
#include "loadgen/target/server_process.h"

namespace loadgen {

// One program of a scenario: a port and a folder of its own, which are gone with it.
class Program {
 public:
  // Reserves the port and makes the folder, and says so in `values`. `hold`: the port stays reserved while the program
  // starts (see net::reserve_port_for_another), which no program can share that does not ask for SO_REUSEADDR. Throws
  // std::runtime_error.
  Program(const ProgramSpec& plan, Placeholders& values, bool hold);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Writes its files, starts it and returns once its port takes a connection. Returns why it did not, or "".
  std::string start(const Placeholders& values);
  bool found_port_in_use() const;  // it ended, and its last words say so

  const ProgramSpec& plan() const { return plan_; }
  const ChildProcess& process() const { return *process_; }
  // The end of what it wrote to its standard output and error, each line on one of its own; empty when it is silent.
  std::string last_words() const;

 private:
  void write_files(const Placeholders& values) const;
  std::string wait_until_it_listens();
  bool listens() const;

  const ProgramSpec& plan_;
  std::string folder_;
  std::uint16_t port_ = 0;
  int reserved_ = -1;
  std::optional<ChildProcess> process_;
};

class Programs {
 public:
  // Throws std::runtime_error with the place in the scenario of what could not be started. `reference_program` is
  // started when the scenario needs it.
  // `reference_tls`: its arguments make it speak TLS.
  Programs(const Scenario& scenario, const std::string& reference_program,
           const std::vector<std::string>& reference_arguments, bool reference_tls = false);
  ~Programs() { stop(); }

  struct Running {
    std::string name;  // "the reference server", "program nginx"
    const ChildProcess* process;
  };
  const std::vector<Running>& running() const { return running_; }
  // How it ended, in words, with its last words. Requires an index into running().
  std::string ended(std::size_t index) const;
  // What is measured as the server: what target.process says, else the reference server, else the program that messages
  // are published to, else who listens on the target's port of this machine. -1: none of these.
  pid_t server() const { return server_; }
  std::uint16_t server_port() const;                                       // that it listens on
  std::string_view server_chosen_by() const { return server_chosen_by_; }  // "started", "pid", "command", "port"
  // Why nothing is measured as the server where something could be; else empty.
  const std::string& server_unknown() const { return server_unknown_; }
  std::string target_url() const;   // where subscribers connect
  std::string publish_url() const;  // where messages are published

 private:
  void start_programs(const Scenario& scenario);
  void choose_server();
  void stop();

  const Scenario& scenario_;
  const std::string reference_scheme_;
  Placeholders values_;
  std::optional<ServerProcess> reference_;
  std::deque<Program> programs_;
  std::vector<Running> running_;
  pid_t server_ = -1;
  std::string_view server_chosen_by_ = "started";
  std::string server_unknown_;
};

}  // namespace loadgen
