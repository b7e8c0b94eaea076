// The reference server as a child process: started for each run, told to stop after it, killed with us.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadgen/host/child_process.h"

namespace loadgen {

class ServerProcess {
 public:
  // Starts `program --listen 127.0.0.1:0 arguments...` and waits for its listening line. Throws std::runtime_error with
  // one sentence (not there, exited, silent for 10 s).
  ServerProcess(const std::string& program, const std::vector<std::string>& arguments);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return address_; }  // "127.0.0.1:34567"
  const ChildProcess& process() const { return *process_; }

 private:
  void read_address();

  std::string program_;
  std::string address_;
  std::optional<ChildProcess> process_;
  int output_ = -1;  // the end of its standard output that we read
};

}  // namespace loadgen
