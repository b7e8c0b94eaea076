// The reference server as a child process: started for each run, told to stop after it, killed with us.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace loadgen {

class ServerProcess {
 public:
  // Starts `program --listen 127.0.0.1:0 arguments...` and waits for its listening line. Throws std::runtime_error with
  // one sentence (not there, exited, silent for 10 s).
  ServerProcess(const std::string& program, const std::vector<std::string>& arguments);
  ~ServerProcess();  // SIGTERM; SIGKILL when it is still there after 5 s
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& address() const { return address_; }  // "127.0.0.1:34567"
  pid_t pid() const { return pid_; }
  int exit_descriptor() const { return pidfd_; }  // readable once the process has ended
  // How it ended, in words ("was killed by signal 9"), or empty while it runs. Does not wait.
  std::string ended();

 private:
  void read_address(int output);
  void stop();

  std::string program_;
  std::string address_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int output_ = -1;
};

}  // namespace loadgen
