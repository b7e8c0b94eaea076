#include "loadgen/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>

#include "net/clock.h"

namespace loadgen {

namespace {

constexpr int kStartTimeoutMs = 10'000;
constexpr int kStopTimeoutMs = 5'000;

bool readable_within(int descriptor, int milliseconds) {
  pollfd waiting{descriptor, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&waiting, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// Between fork and exec: only what is safe there.
[[noreturn]] void become(const std::vector<char*>& arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);  // Ctrl-C is for pushbench, which stops its server itself
  dup2(output, STDOUT_FILENO);
  execv(arguments.front(), arguments.data());
  _exit(127);
}

std::string describe(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return "exited with status " + std::to_string(end.si_status);
  return "was killed by signal " + std::to_string(end.si_status) + " (" + strsignal(end.si_status) + ")";
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program, const std::vector<std::string>& arguments)
    : program_(program) {
  std::vector<std::string> words = {program, "--listen", "127.0.0.1:0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot start the server: ") + strerror(errno));
  pid_ = fork();
  if (pid_ == 0) become(pointers, pipe[1]);
  close(pipe[1]);
  output_ = pipe[0];
  if (pid_ < 0) {
    close(output_);
    throw std::runtime_error(std::string("cannot start the server: ") + strerror(errno));
  }
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  try {
    read_address(output_);
  } catch (...) {
    stop();
    throw;
  }
}

ServerProcess::~ServerProcess() {
  stop();
}

void ServerProcess::read_address(int output) {
  const wire::Time deadline = net::now() + std::chrono::milliseconds(kStartTimeoutMs);
  std::string line;
  while (line.find('\n') == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - net::now()).count();
    if (left <= 0 || !readable_within(output, static_cast<int>(left))) {
      throw std::runtime_error(program_ + " did not say where it listens within 10 s");
    }
    char buffer[512];
    const ssize_t size = read(output, buffer, sizeof buffer);
    if (size <= 0) {
      readable_within(pidfd_, kStopTimeoutMs);
      throw std::runtime_error(program_ + " " + ended() + " before it listened (is it there, and executable?)");
    }
    line.append(buffer, static_cast<std::size_t>(size));
  }
  const std::size_t scheme = line.find("://");
  if (scheme == std::string::npos)
    throw std::runtime_error(program_ + " said '" + line + "' where its address was expected");
  const std::size_t start = scheme + 3;
  address_ = line.substr(start, line.find_first_of("/ \r\n", start) - start);
}

std::string ServerProcess::ended() {
  siginfo_t end{};
  if (pid_ < 0 || waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid == 0)
    return {};
  return describe(end);
}

void ServerProcess::stop() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    if (!readable_within(pidfd_, kStopTimeoutMs)) kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  if (pidfd_ >= 0) close(pidfd_);
  if (output_ >= 0) close(output_);
  pidfd_ = output_ = -1;
}

}  // namespace loadgen
