// The table of techniques. What code outside a technique's own file knows of it, it knows from here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/clients/technique.h"

namespace loadgen {

// Delay before attempt n: initial x factor^n, at most `max`, less a random share of up to `jitter`.
struct ReconnectPolicy {
  Nanos initial{std::chrono::milliseconds(500)};
  Nanos max{std::chrono::seconds(10)};
  double factor = 2;
  double jitter = 0.5;        // 0 to 1
  std::int64_t attempts = 0;  // in a row; 0 = without end
  bool both_ways = false;     // the share is taken off or added with equal chance, before `max` limits the delay
};

// What one client of a technique holds at a time, at most.
struct Footprint {
  std::uint32_t connections = 1;  // that its conversation takes; several of them belong to one session of the server
  std::uint32_t inflaters = 0;    // with a window of their own, for what comes compressed
};

// A technique that asks again and again by its own clock.
struct PollSchedule {
  enum class Timing : std::uint8_t { kFixedRate, kFixedDelay, kClosed };  // by the clock; after an answer; at once
  std::string_view key;  // the option that says the interval, "interval"
  Nanos interval;        // between polls; says nothing of kClosed
  Timing timing = Timing::kFixedRate;
};

// A time that an option of the technique has set.
struct TimedOption {
  std::string_view key;
  Nanos value;
};

// How a technique behaves with given options.
struct Traits {
  Footprint footprint{};
  std::optional<PollSchedule> polls{};
  std::optional<TimedOption> hold{};  // asks the server to hold a request for so long
  bool answers_in_batches = false;    // several messages come in one answer, by design
  bool connects_anew = false;         // each request has a connection of its own
  bool times_round_trips = false;     // Host::begin_round_trip() and end_round_trip()
};

// An option that does not go with another.
struct OptionError {
  std::string_view key;
  std::string_view message;  // what would be right
};

// What a person can ask of one client (`pushbench listen`), where the technique has it.
struct ManualUse {
  bool websocket_url = false;           // ws:// and wss:// too
  std::string_view websocket_option{};  // which such a URL sets,
  std::string_view websocket_value{};   // to this
  bool any_request = true;              // --method and --body
  bool echoes = false;                  // --echo
  bool last_event_id = false;           // --last-event-id
  bool events = false;                  // --event and --emit, by a SocketIoObserver
};

struct TechniqueInfo {
  // How messages travel.
  enum class Kind : std::uint8_t {
    kPolls,   // in answers: one request after the other
    kStream,  // in one endless answer
    kDuplex,  // both ways, over a connection of its own protocol
  };
  std::string_view name;  // one spelling everywhere
  int rank = 0;           // ascending in reports and listings; no two have the same
  Kind kind = Kind::kStream;
  std::string_view route{};  // path of the reference server, "/sse"
  std::string_view description{};
  std::vector<OptionSpec> options{};
  std::unique_ptr<Session> (*make)(Host& host, const SessionConfig& plan, const std::string& topic) = nullptr;
  Traits (*traits)(std::span<const OptionValue> options) = nullptr;                        // null: those of Traits{}
  std::optional<OptionError> (*validate)(std::span<const OptionValue> options) = nullptr;  // null: all go together
  std::optional<ReconnectPolicy> reconnect{};  // of clients of this protocol, when the scenario says nothing
  bool publishes = false;                      // Session::publish() does; else by POST
  ManualUse manual{};

  Traits traits_of(std::span<const OptionValue> values) const { return traits != nullptr ? traits(values) : Traits{}; }
};

std::string_view kind_name(TechniqueInfo::Kind kind);  // "polls", "stream", "duplex"

// One row a file of techniques/ (sse.cc defines `TechniqueInfo sse_technique()`), in the order of `rank`.
std::span<const TechniqueInfo> techniques();
const TechniqueInfo* find_technique(std::string_view name);
// The names of those for which it holds: "sse, websocket".
std::string technique_names(bool (*holds)(const TechniqueInfo&));

template <typename T>
std::unique_ptr<Session> make_session(Host& host, const SessionConfig& plan, const std::string& topic) {
  return std::make_unique<T>(host, plan, topic);
}

}  // namespace loadgen
