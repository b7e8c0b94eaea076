#include <fmt/format.h>

#include <exception>

#include "reference-server/options.h"
#include "reference-server/process/server.h"

int main(int argc, char** argv) {
  try {
    server::Options options;
    if (const auto code = server::parse_options(argc, argv, options)) return *code;
    return server::serve(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "reference-server: {}\n", error.what());
    return 2;
  }
}
