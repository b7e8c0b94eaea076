#include "loadgen/target/programs.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "loadgen/host/endpoint.h"
#include "loadgen/host/process.h"
#include "net/address.h"
#include "net/clock.h"
#include "net/listener.h"

namespace loadgen {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

// Serves files; asks for SO_REUSEADDR as servers do.
constexpr const char* kServe = "exec /usr/bin/python3 -m http.server -b 127.0.0.1 ${web.port}";

class ProgramsTest : public testing::Test {
 protected:
  ProgramsTest() {
    scenario_.path = (folder_ / "s.yaml").string();
    scenario_.target.reference = false;
    scenario_.target.url = "http://127.0.0.1:${web.port}/base/";
    fs::create_directories(folder_);
  }
  ~ProgramsTest() override { fs::remove_all(folder_); }

  ProgramSpec& add(const std::string& script, const std::string& name = "web") {
    scenario_.target.programs.push_back({name, {"sh", "-c", script}, {}, seconds(20), 7});
    return scenario_.target.programs.back();
  }

  std::string failure() {
    try {
      Programs programs(scenario_, "", {});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "it started";
  }

  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  fs::path folder_ = fs::temp_directory_path() / ("programs-test-" + std::to_string(getpid()));
  Scenario scenario_;
};

bool is_running(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  return std::getline(stat, line) && line[line.rfind(')') + 2] != 'Z';
}

TEST_F(ProgramsTest, AreStartedWithFilesPortsAndFolders) {
  add("echo ${web.folder} > ${scenario.folder}/where; cp ${web.folder}/note ${scenario.folder}/; " +
      std::string(kServe))
      .files = {{"note", "listen ${web.port}; $host"}};
  std::string where;
  {
    Programs programs(scenario_, "", {});
    ASSERT_EQ(programs.running().size(), 1U);
    EXPECT_EQ(programs.running()[0].name, "program web");
    EXPECT_EQ(programs.server(), programs.running()[0].process->pid()) << "what is published to is the server";
    const Endpoint target = endpoint_of(programs.target_url());
    EXPECT_EQ(target.base_path, "/base");
    EXPECT_EQ(programs.publish_url(), programs.target_url());
    EXPECT_EQ(read("note"), "listen " + target.authority.substr(target.authority.find(':') + 1) + "; $host");
    where = read("where");
    where.pop_back();
    EXPECT_TRUE(fs::is_directory(where));
  }
  EXPECT_FALSE(fs::exists(where)) << "the folder goes with the program";
}

TEST_F(ProgramsTest, AreEndedWithEverythingTheyStarted) {
  add("sleep 1000 & echo $! > ${scenario.folder}/child; " + std::string(kServe));
  pid_t child = 0;
  {
    Programs programs(scenario_, "", {});
    child = std::stoi(read("child"));
    EXPECT_TRUE(is_running(child));
  }
  const wire::Time limit = net::now() + seconds(10);
  while (is_running(child) && net::now() < limit) std::this_thread::yield();
  EXPECT_FALSE(is_running(child));
}

TEST_F(ProgramsTest, ThatEndAtOnceAreAnErrorWithTheirLastWords) {
  add("echo first; echo 'no such setting' >&2; exit 3");
  const std::string text = failure();
  EXPECT_NE(text.find("s.yaml:7: key 'target.programs.web': 'sh -c echo"), std::string::npos) << text;
  EXPECT_NE(text.find("exited with status 3 before it listened on 127.0.0.1:"), std::string::npos) << text;
  EXPECT_NE(text.find("\n    | first\n    | no such setting"), std::string::npos) << text;
}

TEST_F(ProgramsTest, ThatGoIntoTheBackgroundAreToldNotTo) {
  add("exit 0");
  EXPECT_NE(failure().find("(it must stay in the foreground)"), std::string::npos);
}

TEST_F(ProgramsTest, ThatNeverListenAreAnErrorAfterTheirTime) {
  add("echo waiting; exec sleep 1000").start_timeout = std::chrono::milliseconds(50);
  const std::string text = failure();
  EXPECT_NE(text.find("within 50ms (start-timeout)\n    | waiting"), std::string::npos) << text;
}

TEST_F(ProgramsTest, ThatFindTheirPortInUseGetAnother) {
  add("echo ${web.port} >> ${scenario.folder}/ports; echo 'Address already in use' >&2; exit 1");
  EXPECT_NE(failure().find("Address already in use"), std::string::npos);
  std::istringstream ports(read("ports"));
  std::vector<std::string> tried(std::istream_iterator<std::string>(ports), {});
  ASSERT_EQ(tried.size(), 3U);
  EXPECT_NE(tried[0], tried[1]);
  EXPECT_NE(tried[1], tried[2]);
}

TEST_F(ProgramsTest, ThatDoNotShareAReservedPortGetOneThatIsFree) {
  add("exec /usr/bin/python3 -c '\n"
      "import socket\n"
      "s = socket.socket()\n"  // without SO_REUSEADDR
      "s.bind((\"127.0.0.1\", ${web.port}))\n"
      "s.listen()\n"
      "while True: s.accept()'");
  EXPECT_EQ(failure(), "it started");
}

TEST_F(ProgramsTest, ReadsTheCpuTimeOfAWholeProcessTree) {
  add("(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo > ${scenario.folder}/done; exec sleep 1000) & " +
      std::string(kServe));
  Programs programs(scenario_, "", {});
  const wire::Time limit = net::now() + seconds(30);
  while (!fs::exists(folder_ / "done") && net::now() < limit) std::this_thread::yield();
  const auto activity = read_activity(programs.server());
  const auto memory = read_memory(programs.server());
  ASSERT_TRUE(activity && memory);
  EXPECT_GT(activity->cpu, std::chrono::milliseconds(30)) << "the loop's time is there";
  EXPECT_GT(memory->rss_bytes, 5'000'000U);
  EXPECT_GT(memory->rss_bytes, memory->pss_bytes);
}

TEST_F(ProgramsTest, ThatAreNotThereCannotBeStarted) {
  scenario_.target.programs.push_back({"web", {"/no/such/program"}, {}, seconds(1), 3});
  EXPECT_NE(failure().find("'/no/such/program': cannot start /no/such/program: No such file"), std::string::npos);
}

TEST(FindProgram, LooksInThePathAndWhereDaemonsAre) {
  EXPECT_TRUE(find_program("sh").ends_with("/sh"));
  EXPECT_EQ(find_program("/bin/sh"), "/bin/sh");
  EXPECT_EQ(find_program("no-such-program"), "");
  EXPECT_EQ(find_program("/tmp"), "") << "a folder";
}

TEST(ReservedPort, IsSharedOnlyWithWhoAsksForIt) {
  std::uint16_t port = 0;
  const int reserved = net::reserve_port_for_another(port);
  EXPECT_GT(port, 0);
  net::Address address = net::resolve("127.0.0.1:" + std::to_string(port));
  const int plain = socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_NE(bind(plain, address.get(), address.size()), 0);
  const int on = 1;
  setsockopt(plain, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  EXPECT_EQ(bind(plain, address.get(), address.size()), 0);
  EXPECT_EQ(listen(plain, 1), 0);
  close(plain);
  close(reserved);
}

TEST(Endpoint, TakesAUrlApart) {
  struct Row {
    std::string url, authority, base_path;
  };
  for (const Row& row : std::vector<Row>{{"http://127.0.0.1:8080", "127.0.0.1:8080", ""},
                                         {"http://localhost", "localhost:80", ""},
                                         {"http://h:1/a/b/", "h:1", "/a/b"},
                                         {"http://h/", "h:80", ""},
                                         {"http://[::1]:9", "[::1]:9", ""},
                                         {"http://[::1]/x", "[::1]:80", "/x"}}) {
    const Endpoint endpoint = endpoint_of(row.url);
    EXPECT_EQ(endpoint.authority, row.authority) << row.url;
    EXPECT_EQ(endpoint.base_path, row.base_path) << row.url;
  }
}

}  // namespace
}  // namespace loadgen
