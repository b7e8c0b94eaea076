#include "loadgen/host/paths.h"

#include <filesystem>

namespace loadgen {

const char* const kPython = PUSHBENCH_PYTHON;

std::string own_program() {
  return std::filesystem::read_symlink("/proc/self/exe").string();
}

std::string server_program() {
  return (std::filesystem::path(own_program()).parent_path() / "reference-server").string();
}

std::string reports_directory() {
  return PUSHBENCH_REPORTS;
}

}  // namespace loadgen
