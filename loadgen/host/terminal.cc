#include "loadgen/host/terminal.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace loadgen {

namespace {

int first_error = 0;  // errno of the first write to standard output that failed

}  // namespace

bool wants_colour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");
  return isatty(fileno(stream)) != 0 && (no_colour == nullptr || *no_colour == 0);
}

void print(std::FILE* stream, std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
  if (!written && stream == stdout && first_error == 0) first_error = errno;
}

void complain(std::string_view sentence) {
  print(stderr, "pushbench: " + std::string(sentence) + "\n");
}

std::string output_error() {
  return first_error == 0 ? "" : std::string("cannot write to standard output: ") + std::strerror(first_error);
}

}  // namespace loadgen
