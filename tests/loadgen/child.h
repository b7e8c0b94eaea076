// A real process to measure, and Python to say what it does.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "loadgen/host/child_process.h"

namespace loadgen {

// A child that says "ready" when it is.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
    process_.emplace(command, ChildProcess::Streams{.output = pipe_[1]});
    close(pipe_[1]);
    words_ = next_line();
    EXPECT_TRUE(words_.starts_with("ready")) << words_;
  }
  ~Child() { close(pipe_[0]); }
  pid_t pid() const { return process_->pid(); }
  const std::string& words() const { return words_; }
  std::string next_line() const {
    std::string said;
    char letter = 0;
    while (read(pipe_[0], &letter, 1) == 1 && letter != '\n') said += letter;
    return said;
  }
  void stop() { process_->stop(); }

 private:
  int pipe_[2] = {-1, -1};
  std::optional<ChildProcess> process_;
  std::string words_;
};

inline std::vector<std::string> python(const std::string& script) {
  return {"/usr/bin/python3", "-c", script};
}

}  // namespace loadgen
