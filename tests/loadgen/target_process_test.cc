// With real children: which process is found, and what it costs.
#include "loadgen/target/target_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <thread>

#include "child.h"
#include "fake_system.h"
#include "loadgen/host/process.h"
#include "loadgen/target/programs.h"
#include "loadgen/target/runtime.h"
#include "loadgen/target/socket_memory.h"
#include "loadgen/target/syscall_counter.h"
#include "net/address.h"
#include "net/clock.h"

namespace loadgen {
namespace {

using std::chrono::seconds;

// Listens, and leaves the accepting to a child of its own, as servers with workers do.
constexpr const char* kListener =
    "import os, socket, time\n"
    "s = socket.create_server(('127.0.0.1', 0))\n"
    "if os.fork() == 0:\n"
    "    while True: s.accept()[0].close()\n"
    "print('ready', s.getsockname()[1], flush=True)\n"
    "time.sleep(1000)\n";

std::uint16_t port_of(const Child& child) {
  return static_cast<std::uint16_t>(std::stoi(child.words().substr(child.words().find(' ') + 1)));
}

TEST(ProcessWithPid, IsThereOrIsNot) {
  Child child({"sh", "-c", "echo ready; sleep 1000"});
  EXPECT_EQ(process_with_pid(child.pid()).pid, child.pid());
  const pid_t gone = child.pid();
  child.stop();
  const FoundProcess found = process_with_pid(gone);
  EXPECT_EQ(found.pid, -1);
  EXPECT_EQ(found.error, "there is no process " + std::to_string(gone) + " (or /proc does not show it)");
}

TEST(ProcessWithPort, IsTheFirstOfThoseThatShareTheSocket) {
  Child child(python(kListener));
  const FoundProcess found = process_with_port(port_of(child));
  EXPECT_EQ(found.pid, child.pid()) << found.error << ": not its worker";
  EXPECT_EQ(process_tree(child.pid()).size(), 2U);
}

TEST(ProcessWithPort, SaysThatNobodyListens) {
  const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  net::Address address = net::resolve("127.0.0.1:0");
  ASSERT_EQ(bind(bound, address.get(), address.size()), 0);
  sockaddr_in named{};
  socklen_t size = sizeof named;
  getsockname(bound, reinterpret_cast<sockaddr*>(&named), &size);
  const std::uint16_t port = ntohs(named.sin_port);
  EXPECT_EQ(process_with_port(port).error, "nobody listens on port " + std::to_string(port) + " of this machine");
  close(bound);
}

TEST(ProcessWithCommand, IsTheFirstOfATreeAndNeverThisProgram) {
  const std::string mark = "mark-" + std::to_string(getpid());
  EXPECT_EQ(process_with_command(mark).error, "no process has '" + mark + "' in its command line");
  Child child(python("import os, time\nos.fork()\nname = '" + mark +
                     "'\nif os.fork(): print('ready', flush=True)\n"
                     "time.sleep(1000)"));
  EXPECT_EQ(process_with_command(mark).pid, child.pid());
  const FoundProcess own = process_with_command("loadgen_test");  // somebody else may run it, too
  EXPECT_NE(own.pid, getpid());
  EXPECT_EQ(own.error.find(" " + std::to_string(getpid()) + " ("), std::string::npos) << own.error;
}

TEST(ProcessWithCommand, OfSeveralIsAnErrorThatShowsThem) {
  const std::string mark = "twice-" + std::to_string(getpid());
  Child one(python("name = '" + mark + "'; print('ready', flush=True); import time; time.sleep(1000)"));
  Child two(python("name = '" + mark + "'; print('ready', flush=True); import time; time.sleep(1000)"));
  const std::string error = process_with_command(mark).error;
  EXPECT_TRUE(error.starts_with("2 processes have '" + mark + "' in their command line: ")) << error;
  EXPECT_NE(error.find(std::to_string(one.pid()) + " (/usr/bin/python3"), std::string::npos) << error;
  EXPECT_NE(error.find(std::to_string(two.pid()) + " (/usr/bin/python3"), std::string::npos) << error;
}

TEST(ListeningSockets, AreReadOfBothFamilies) {
  FakeSystem system;
  const std::string head =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
  system.write("proc/net/tcp", head +
                                   "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  "
                                   "      0 4711 1 0 100 0 0 10 0\n"
                                   "   1: 0100007F:1F90 0100007F:B2C4 01 00000000:00000000 00:00000000 00000000  1000  "
                                   "      0 4712 1 0 20 4 30 10 -1\n"
                                   "   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  "
                                   "      0 4713 1 0 100 0 0 10 0\n");
  system.write("proc/net/tcp6", head +
                                    "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 "
                                    "0A 00000000:00000000 00:00000000 00000000    33        0 99 1 0 100 0 0 10 0\n");
  const auto sockets = listening_sockets(8080, system.files());
  ASSERT_EQ(sockets.size(), 2U) << "an open connection does not listen";
  EXPECT_EQ(sockets[0].inode, 4711U);
  EXPECT_EQ(sockets[0].user, 1000U);
  EXPECT_EQ(sockets[1].inode, 99U);
  EXPECT_EQ(sockets[1].user, 33U);
  EXPECT_TRUE(listening_sockets(1, system.files()).empty());
}

TEST(Usage, IsOfTheWholeTreeAndOfWhatAppearsLater) {
  // The child that works is made after the first reading. It takes twice what is asked for: what it shares with its
  // parent from the fork on is no longer private.
  Child child({"sh", "-c",
               "echo ready; exec /usr/bin/python3 -c '\n"
               "import os, time\n"
               "if os.fork() == 0:\n"
               "    x = bytearray(b\"x\") * (32 << 20)\n"
               "    while True: x = x\n"
               "time.sleep(1000)'"});
  const auto cpu_before = cpu_of(child.pid());
  const auto before = read_memory(child.pid());
  ASSERT_TRUE(before && cpu_before);
  const wire::Time limit = net::now() + seconds(30);
  std::optional<wire::Nanos> cpu;
  std::optional<ProcessMemory> after;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    cpu = cpu_of(child.pid());
    after = read_memory(child.pid());
    ASSERT_TRUE(after && cpu);
  } while ((after->private_bytes < before->private_bytes + (16U << 20) ||
            *cpu < *cpu_before + std::chrono::milliseconds(50)) &&
           net::now() < limit);
  EXPECT_GE(after->private_bytes, before->private_bytes + (16U << 20)) << "of the worker";
  EXPECT_GE(*cpu, *cpu_before + std::chrono::milliseconds(50));
  EXPECT_GE(after->pss_bytes, after->private_bytes);
}

TEST(Usage, KeepsTheCpuTimeOfThreadsThatHaveEnded) {
  Child child(
      python("import signal, threading, time\n"
             "leave = threading.Event()\n"
             "def serve():\n"
             "    while time.thread_time() < 0.05: pass\n"
             "    print('ready', flush=True)\n"
             "    leave.wait()\n"
             "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n"
             "thread = threading.Thread(target=serve); thread.start()\n"
             "signal.sigwait({signal.SIGUSR1})\n"
             "leave.set(); thread.join()\n"
             "print('ended', flush=True); signal.pause()\n"));
  const auto before = read_activity(child.pid());
  kill(child.pid(), SIGUSR1);
  EXPECT_EQ(child.next_line(), "ended");
  const auto after = read_activity(child.pid());
  ASSERT_TRUE(before && after);
  EXPECT_GE(before->cpu, std::chrono::milliseconds(50)) << "what the thread has burned, by its own clock";
  EXPECT_GE(after->cpu, before->cpu);
  EXPECT_GT(after->since(*before).cpu, Nanos(0)) << "and what the end of the thread takes";
}

TEST(Usage, IsNeverNegativeBetweenTwoReadings) {
  const ProcessActivity earlier{.cpu = seconds(2), .voluntary_switches = 70, .involuntary_switches = 7};
  const ProcessActivity later{.cpu = seconds(1), .voluntary_switches = 50, .involuntary_switches = 9};
  const ProcessActivity between = later.since(earlier);
  EXPECT_EQ(between.cpu, Nanos(0)) << "a child ended, and its parent got whole clock ticks of it";
  EXPECT_EQ(between.voluntary_switches, 0U) << "a thread ended";
  EXPECT_EQ(between.involuntary_switches, 2U);
}

TEST(Usage, CountsSwitchesOfAllThreads) {
  Child child(
      python("import threading, time\n"
             "def nap():\n"
             "    for _ in range(200): time.sleep(0.0001)\n"
             "    print('ready', flush=True)\n"
             "    time.sleep(1000)\n"
             "threading.Thread(target=nap).start()"));
  const auto usage = read_activity(child.pid());
  ASSERT_TRUE(usage);
  EXPECT_GE(usage->voluntary_switches, 200U) << "one for each nap of a thread that is not the first";
}

TEST(Usage, OfThisProgramLeavesOutWhatItStarted) {
  Child child(python("x = bytearray(b'x') * (256 << 20); print('ready', flush=True); import time; time.sleep(1000)"));
  const ProcessMemory own = read_own_memory();
  EXPECT_GT(own.rss_bytes, 1U << 20);
  EXPECT_LT(own.rss_bytes, 200U << 20);
  const auto parents = process_tree(getppid());
  for (const pid_t pid : parents) EXPECT_NE(pid, getpid()) << "nor is it part of what it measures";
}

TEST(SocketMemory, IsWhatTheKernelHoldsForUnreadBytes) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  net::Address address = net::resolve("127.0.0.1:0");
  ASSERT_EQ(bind(listener, address.get(), address.size()), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  sockaddr_in named{};
  socklen_t size = sizeof named;
  getsockname(listener, reinterpret_cast<sockaddr*>(&named), &size);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&named), size), 0);
  const int accepted = accept(listener, nullptr, nullptr);
  const auto empty = read_sockets(ntohs(named.sin_port));
  if (!empty) GTEST_SKIP() << "this kernel has no sock_diag";
  EXPECT_EQ(empty->server.sockets, 2U) << "the listening one and the accepted one";
  EXPECT_EQ(empty->clients.sockets, 1U);
  const std::string unread(20'000, 'x');
  ASSERT_EQ(write(client, unread.data(), unread.size()), static_cast<ssize_t>(unread.size()));
  std::string taken(unread.size(), '\0');
  ASSERT_EQ(recv(accepted, taken.data(), taken.size(), MSG_PEEK | MSG_WAITALL), static_cast<ssize_t>(taken.size()));
  const auto full = read_sockets(ntohs(named.sin_port));
  ASSERT_TRUE(full);
  EXPECT_GE(full->server.bytes, empty->server.bytes + unread.size());
  close(accepted);
  close(client);
  close(listener);
}

TEST(Runtime, WithJitIsKnownByItsProgram) {
  for (const char* name :
       {"node", "nodejs", "node20", "bun", "deno", "java", "java-17", "dotnet", "beam.smp", "pypy3.9"})
    EXPECT_TRUE(is_jit_runtime(name)) << name;
  for (const char* name : {"nginx", "python3", "python3.11", "javac", "nodemon-like", "reference-server", "", "3"})
    EXPECT_FALSE(is_jit_runtime(name)) << name;
  Child child({"sh", "-c", "echo ready; sleep 1000"});
  EXPECT_TRUE(runtimes_of(child.pid()).empty());
  EXPECT_NE(program_of(child.pid()), "");
}

TEST(SyscallCounter, CountsThoseOfThreadsAndProcessesThatStartLater) {
  Child child(
      python("import os, signal, threading\n"
             "def call():\n"
             "    for _ in range(10000): os.getppid()\n"
             "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})\n"
             "print('ready', flush=True)\n"
             "signal.sigwait({signal.SIGUSR1})\n"
             "call()\n"
             "thread = threading.Thread(target=call); thread.start(); thread.join()\n"
             "worker = os.fork()\n"
             "if worker == 0: call(); os._exit(0)\n"
             "os.waitpid(worker, 0)\n"
             "print('called', flush=True); signal.pause()\n"));
  const SyscallCounter counter(child.pid());
  if (!counter.error().empty()) GTEST_SKIP() << counter.error();
  EXPECT_LT(counter.count(), 10U) << "it waits";
  kill(child.pid(), SIGUSR1);
  EXPECT_EQ(child.next_line(), "called");
  EXPECT_GE(counter.count(), 30000U);
  EXPECT_LT(counter.count(), 30500U) << "and what Python needs for a thread and a process";
}

TEST(SyscallCounter, SaysWhyItCannot) {
  const SyscallCounter counter(getpid(), SystemFiles("/nowhere"));
  EXPECT_NE(counter.error().find("raw_syscalls:sys_enter is not readable"), std::string::npos);
  EXPECT_EQ(counter.count(), 0U);
}

TEST(ProgramsServer, IsTheProcessThatTheScenarioNames) {
  Child child(python(kListener));
  Scenario scenario;
  scenario.path = "s.yaml";
  scenario.target.reference = false;
  scenario.target.url = "http://127.0.0.1:" + std::to_string(port_of(child));
  {
    const Programs programs(scenario, "", {});
    EXPECT_EQ(programs.server(), child.pid()) << "by default who listens on the target's port";
    EXPECT_EQ(programs.server_chosen_by(), "port");
    EXPECT_EQ(programs.server_port(), port_of(child));
  }
  scenario.target.process.by = ProcessSelector::By::kNone;
  EXPECT_EQ(Programs(scenario, "", {}).server(), -1);
  scenario.target.process.by = ProcessSelector::By::kPid;
  scenario.target.process.number = child.pid();
  EXPECT_EQ(Programs(scenario, "", {}).server(), child.pid());
  scenario.target.process.number = 1 << 22;  // beyond any
  scenario.target.process.line = 3;
  try {
    const Programs programs(scenario, "", {});
    FAIL() << "there is no such process";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(
        std::string(error.what()),
        "s.yaml:3: key 'target.process': 'pid: 4194304': there is no process 4194304 (or /proc does not show it)");
  }
  scenario.target.process = {};
  const std::uint16_t port = port_of(child);
  child.stop();
  while (!listening_sockets(port).empty()) std::this_thread::yield();  // its worker ends by itself, a moment later
  const Programs nobody(scenario, "", {});
  EXPECT_EQ(nobody.server(), -1) << "not asked for, so no error";
  EXPECT_NE(nobody.server_unknown().find("nobody listens on port"), std::string::npos);
}

}  // namespace
}  // namespace loadgen
