// `pushbench listen`: one client by hand, the same session that a run simulates by the thousand, and a line of JSON for
// everything that arrives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/cli/manual_client.h"
#include "loadgen/cli/socketio_printer.h"

namespace loadgen {

struct ListenOptions {
  ManualClientOptions request;
  const TechniqueInfo* technique = nullptr;
  std::string last_event_id;
  std::vector<std::pair<std::string_view, std::string>> technique_options;  // key and value of the technique's options
  SocketIoListenOptions socketio;
  bool echo = false;  // answers every message with the same one; ends when the connection does
  Nanos initial_retry{std::chrono::seconds(3)};  // as Chromium's EventSource; a server's `retry` replaces it
  std::uint64_t count = 0;                       // ends after so many messages and events; 0: never
};

// Exit code: with echo, 0 when a connection that was open has ended, 1 when there was none. Else 0 after `count`, a
// signal, or the time-out when no count was asked for; 1 when the session gave up or the count was not reached.
int listen(const ListenOptions& options);

}  // namespace loadgen
