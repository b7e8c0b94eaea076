// A child process that ends with us: in a process group of its own, told to stop with all that it started, killed when
// we are.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "wire/time.h"

namespace loadgen {

class ChildProcess {
 public:
  // What becomes its standard output and error; -1: ours.
  struct Streams {
    int output = -1;
    int error = -1;
  };
  // Starts command.front(), found by find_program(), and returns once it runs. Throws std::runtime_error with one
  // sentence ("cannot start nginx: permission denied"). Requires a thread that outlives the process: it is killed
  // (SIGTERM) when that thread ends.
  explicit ChildProcess(const std::vector<std::string>& command, Streams streams = {-1, -1});
  ~ChildProcess() { stop(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  int exit_descriptor() const { return pidfd_; }  // readable once it has ended
  bool ends_within(wire::Nanos time) const;
  // How it ended, in words ("was killed by signal 9 (Killed)"), or empty while it runs. Does not wait.
  std::string ended() const;
  // SIGTERM to its group; SIGKILL to what is left of it when the process has ended, or after 5 s.
  void stop();

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
};

// What exec wants: the words' characters, which stay the owner's, and a null pointer at the end.
std::vector<char*> arguments_of(std::vector<std::string>& words);

// The file that runs as `name`: the name itself when it holds a '/', else what PATH leads to, then what is in the
// folders of system daemons, which a user's PATH lacks on Debian. Empty: there is no such executable.
std::string find_program(const std::string& name);

// Waits until the descriptor is readable or at its end; false when the time is over.
bool readable_within(int descriptor, wire::Nanos time);

}  // namespace loadgen
