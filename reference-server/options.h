// What the command line sets. Times in nanoseconds, sizes in bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/time.h"

namespace server {

enum class SlowPolicy : std::uint8_t { kDisconnect, kDropOldest };
enum class DeflateMode : std::uint8_t { kOff, kNoContextTakeover, kContextTakeover };

struct Options {
  std::string listen = "127.0.0.1:8080";
  unsigned threads = 1;
  std::uint64_t connections = 0;  // that will come; 0: unknown

  std::size_t log_messages = 65'536;                   // kept per topic
  std::size_t log_bytes = std::size_t{256} << 20;      // of payload kept per topic; the newest message always is
  std::size_t log_bytes_total = std::size_t{1} << 30;  // of all logs, Topic::memory()
  std::size_t max_topics = 100'000;
  std::size_t max_payload = std::size_t{16} << 20;

  std::size_t queue = std::size_t{1} << 20;  // payload that may wait for one subscriber who does not read
  SlowPolicy policy = SlowPolicy::kDisconnect;

  wire::Nanos hold = std::chrono::seconds(25);
  wire::Nanos heartbeat = std::chrono::seconds(15);  // 0: none
  std::size_t stream_limit = 0;                      // messages after which a stream ends by design; 0: none
  std::optional<wire::Nanos> retry{};
  wire::Nanos ping_interval = std::chrono::seconds(20);  // 0: none
  wire::Nanos ping_timeout = std::chrono::seconds(20);
  DeflateMode deflate = DeflateMode::kOff;                 // what is made of a client's offer of permessage-deflate
  std::size_t deflate_min_size = 64;                       // smaller messages hardly ever become smaller
  std::vector<std::string> subprotocols{};                 // that a WebSocket may choose
  bool conformance = false;                                // the routes that suites for the protocols ask for
  wire::Nanos connect_timeout = std::chrono::seconds(45);  // for a Socket.IO client's first CONNECT
  std::string socketio_path = "/socket.io/";
  std::string socketio_client{};  // file: the official client for pages; empty: none
  wire::Nanos idle_timeout = std::chrono::seconds(75);
  wire::Nanos stall_timeout = std::chrono::seconds(60);  // for a client that takes nothing of what waits for it
  wire::Nanos request_timeout = std::chrono::seconds(10);
  std::string tls_certificate{};  // PEM files; empty: plain HTTP
  std::string tls_key{};
  std::vector<std::string> hosts{};    // names that it answers to, beside addresses and loopback; "*": all
  std::vector<std::string> origins{};  // whose pages it answers, beside its own and those of loopback; "*": all
  std::string cors{};                  // allowed origin or "*"; empty: no CORS
  bool cors_credentials = false;
};

inline constexpr std::size_t kMaxTopicName = 256;  // bytes

// Reads the command line. An exit code when there is nothing to run: --help, --version, or an error that has been
// printed.
std::optional<int> parse_options(int argc, char** argv, Options& options);

}  // namespace server
