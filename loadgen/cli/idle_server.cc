// `pushbench null-server`: the server that the tool's baseline is measured against, by hand.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <stdexcept>

#include "loadgen/cli/commands.h"
#include "loadgen/host/terminal.h"
#include "loadgen/target/idle_server.h"

namespace loadgen {

namespace {

// Until it is killed.
int serve(std::uint16_t port) {
  net::Loop loop;
  IdleServer server(loop);
  try {
    server.open(net::resolve(fmt::format("127.0.0.1:{}", port)));
  } catch (const std::runtime_error& error) {
    complain(error.what());
    return kUsageError;
  }
  print(stdout, fmt::format("http://{}\n", server.address().text()));
  loop.run();
  return 0;
}

}  // namespace

void add_idle_server(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand(
      "null-server", "Serve SSE and nothing else on 127.0.0.1: what run --floor measures against, by hand");
  const auto port = std::make_shared<std::uint16_t>(0);
  command->add_option("--port", *port, "0: one that is free")->type_name("N")->capture_default_str();
  command->callback([&invocation, port] { invocation.exit_code = serve(*port); });
}

}  // namespace loadgen
