#include "loadgen/host/system_files.h"

#include <dirent.h>
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "fake_system.h"

namespace {

int reads_until_error = -1;  // of a folder; negative: none fails

}  // namespace

// Stands for the C library's: a folder that goes while it is read, as those of /proc do.
extern "C" dirent* readdir(DIR* folder) {
  if (reads_until_error == 0) {
    errno = EIO;
    return nullptr;
  }
  if (reads_until_error > 0) --reads_until_error;
  static const auto next = reinterpret_cast<dirent* (*)(DIR*)>(dlsym(RTLD_NEXT, "readdir"));
  return next(folder);
}

namespace loadgen {
namespace {

TEST(SystemFiles, ASettingLosesItsBlanksAndQuotes) {
  FakeSystem system;
  system.write("a", "x=1\nNAME= \"two words\" \nEMPTY=\"\"\nlast = 3");
  const SystemFiles files = system.files();
  EXPECT_EQ(files.setting("a", "NAME", '='), "two words");
  EXPECT_EQ(files.setting("a", "last", '='), "3");
  EXPECT_EQ(files.setting("a", "EMPTY", '='), std::nullopt);
  EXPECT_EQ(files.setting("a", "other", '='), std::nullopt);
  EXPECT_EQ(files.setting("b", "x", '='), std::nullopt);
  EXPECT_EQ(files.line("a"), "x=1");
}

TEST(SystemFiles, AFolderThatGoesWhileItIsReadIsNoError) {
  FakeSystem system;
  for (const char* name : {"f/1", "f/22", "f/x", "f/3x"}) system.write(name, "");
  const std::filesystem::path folder = system.root() / "f";
  std::vector<int> numbers = numbers_in(folder);
  std::ranges::sort(numbers);
  EXPECT_EQ(numbers, (std::vector<int>{1, 22}));
  EXPECT_EQ(names_in(folder).size(), 4u);
  EXPECT_TRUE(names_in(folder / "none").empty());
  for (int reads = 0; reads < 6; ++reads) {
    reads_until_error = reads;
    EXPECT_LE(names_in(folder).size(), 4u);
    reads_until_error = -1;
  }
}

}  // namespace
}  // namespace loadgen
