#include "loadgen/host/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <stdexcept>

#include "net/clock.h"

namespace loadgen {

namespace {

constexpr wire::Nanos kStopTimeout = std::chrono::seconds(5);
constexpr std::string_view kDaemonFolders = "/usr/local/sbin:/usr/sbin:/sbin";

// Between fork and exec: only what is safe there. Tells through `failure` why it could not become the program; a
// successful exec closes it.
[[noreturn]] void become(const char* program, const std::vector<char*>& arguments, ChildProcess::Streams streams,
                         int failure, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  setpgid(0, 0);  // Ctrl-C is for pushbench, which stops its children itself
  if (streams.output >= 0) dup2(streams.output, STDOUT_FILENO);
  if (streams.error >= 0) dup2(streams.error, STDERR_FILENO);
  execv(program, arguments.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(failure, &error, sizeof error);
  _exit(127);
}

[[noreturn]] void refuse(const std::string& program, int error) {
  throw std::runtime_error("cannot start " + program + ": " + strerror(error));
}

bool is_executable(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(path.c_str(), X_OK) == 0;
}

std::string describe(const siginfo_t& end) {
  if (end.si_code == CLD_EXITED) return "exited with status " + std::to_string(end.si_status);
  return "was killed by signal " + std::to_string(end.si_status) + " (" + strsignal(end.si_status) + ")";
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, Streams streams) {
  const std::string program = find_program(command.front());
  if (program.empty()) refuse(command.front(), ENOENT);
  std::vector<std::string> words = command;
  const std::vector<char*> pointers = arguments_of(words);

  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) refuse(command.front(), errno);
  const pid_t self = getpid();
  pid_ = fork();
  if (pid_ == 0) become(program.c_str(), pointers, streams, failure[1], self);
  int error = pid_ < 0 ? errno : 0;
  close(failure[1]);
  if (pid_ > 0) {
    ssize_t size = 0;
    do {
      size = read(failure[0], &error, sizeof error);
    } while (size < 0 && errno == EINTR);
  }
  close(failure[0]);
  if (pid_ > 0) pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  const int unwatched = pidfd_ < 0 ? errno : 0;
  if (error == 0 && unwatched == 0) return;
  stop();
  if (error != 0) refuse(command.front(), error);
  throw std::runtime_error("cannot watch " + command.front() + ": pidfd_open: " + strerror(unwatched) +
                           " (it needs Linux 5.3, and a sandbox that allows it)");
}

bool ChildProcess::ends_within(wire::Nanos time) const {
  return readable_within(pidfd_, time);
}

std::string ChildProcess::ended() const {
  siginfo_t end{};
  if (pid_ < 0 || waitid(P_PID, static_cast<id_t>(pid_), &end, WEXITED | WNOHANG | WNOWAIT) != 0 || end.si_pid == 0)
    return {};
  return describe(end);
}

// The group is gone once its leader has been waited for and nobody else is in it; until then its number is not reused.
void ChildProcess::stop() {
  if (pid_ > 0) {
    kill(-pid_, SIGTERM);
    if (pidfd_ >= 0) ends_within(kStopTimeout);
    kill(-pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  if (pidfd_ >= 0) close(pidfd_);
  pidfd_ = -1;
}

std::vector<char*> arguments_of(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return is_executable(name) ? name : std::string();
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/bin:/bin";
  folders.append(":").append(kDaemonFolders).append(":");
  for (std::size_t begin = 0, end = 0; (end = folders.find(':', begin)) != std::string::npos; begin = end + 1) {
    if (end == begin) continue;
    std::string file = folders.substr(begin, end - begin) + "/" + name;
    if (is_executable(file)) return file;
  }
  return {};
}

// poll() takes whole milliseconds, as many as an int holds (24 days).
bool readable_within(int descriptor, wire::Nanos time) {
  const wire::Time deadline = net::now() + time;
  pollfd waiting{descriptor, POLLIN, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - net::now()).count();
    const int ready = poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
    if (net::now() >= deadline) return false;
  }
}

}  // namespace loadgen
