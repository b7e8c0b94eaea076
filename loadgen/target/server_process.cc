#include "loadgen/target/server_process.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "net/clock.h"
#include "wire/printable.h"

namespace loadgen {

namespace {

constexpr wire::Nanos kStartTimeout = std::chrono::seconds(10);
constexpr std::size_t kMostTold = 200;  // bytes

}  // namespace

ServerProcess::ServerProcess(const std::string& program, const std::vector<std::string>& arguments)
    : program_(program) {
  std::vector<std::string> command = {program, "--listen", "127.0.0.1:0"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot start the server: ") + strerror(errno));
  output_ = pipe[0];
  try {
    process_.emplace(command, ChildProcess::Streams{.output = pipe[1]});
    close(std::exchange(pipe[1], -1));
    read_address();
  } catch (...) {
    if (pipe[1] >= 0) close(pipe[1]);
    process_.reset();
    close(output_);
    throw;
  }
}

ServerProcess::~ServerProcess() {
  process_.reset();
  close(output_);
}

void ServerProcess::read_address() {
  const wire::Time deadline = net::now() + kStartTimeout;
  std::string line;
  while (line.find('\n') == std::string::npos) {
    const wire::Nanos left = deadline - net::now();
    if (left <= wire::Nanos(0) || !readable_within(output_, left)) {
      throw std::runtime_error(program_ + " did not say where it listens within 10 s");
    }
    char buffer[512];
    const ssize_t size = read(output_, buffer, sizeof buffer);
    if (size <= 0) {
      process_->ends_within(kStartTimeout);
      throw std::runtime_error(program_ + " " + process_->ended() + " before it listened");
    }
    line.append(buffer, static_cast<std::size_t>(size));
  }
  const std::size_t scheme = line.find("://");
  if (scheme == std::string::npos)
    throw std::runtime_error(program_ + " said '" + wire::printable(line, kMostTold) +
                             "' where its address was expected");
  const std::size_t start = scheme + 3;
  address_ = line.substr(start, line.find_first_of("/ \r\n", start) - start);
}

}  // namespace loadgen
