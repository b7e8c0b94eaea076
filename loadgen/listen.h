// `pushbench listen`: one client by hand, the same session that a run simulates by the thousand, and a line of JSON for
// everything that arrives.
#pragma once

#include <cstdint>
#include <string>

#include "loadgen/by_hand.h"

namespace loadgen {

struct ListenOptions {
  ByHandOptions request;
  const TechniqueInfo* technique = nullptr;
  std::string last_event_id;
  Nanos initial_retry{std::chrono::seconds(3)};  // as Chromium's EventSource; a server's `retry` replaces it
  std::uint64_t count = 0;                       // ends after so many messages and events; 0: never
};

// Exit code: 0 after `count`, a signal, or the time-out when no count was asked for; 1 when the session gave up or the
// count was not reached.
int listen(const ListenOptions& options);

}  // namespace loadgen
