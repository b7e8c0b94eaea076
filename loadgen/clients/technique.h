// THE SEAM of the load generator: a technique is a conversation over bytes. A session sees no socket, no clock and no
// histogram, so that no technique can be measured differently from another. Everything runs on the thread of the
// subscriber's worker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/clients/option.h"
#include "wire/bytes.h"
#include "wire/link.h"
#include "wire/time.h"
#include "wire/url.h"

namespace loadgen {

using wire::Bytes;
using wire::Link;
using wire::Nanos;

// Why a conversation failed; every failure is counted by kind (`failures` in the result).
enum class Failure : std::uint8_t {
  kRefused,        // nothing listens there
  kUnreachable,    // no route, or any other error of connect()
  kTimeout,        // connected or not, `subscribed` did not come within connect.timeout, or the peer fell silent
  kReset,          // the peer reset the connection
  kClosed,         // the peer closed where the protocol does not end
  kStatus,         // an HTTP status that the technique cannot go on with
  kProtocol,       // bytes that the protocol does not allow
  kTooLarge,       // a message above the limit
  kNoPorts,        // EADDRNOTAVAIL: this machine ran out of source ports
  kNoDescriptors,  // EMFILE or ENFILE
  kTls,            // no TLS with the server: its certificate, its version, or it speaks none
};
inline constexpr std::size_t kFailureKinds = 11;
std::string_view failure_name(Failure kind);  // "refused", "unreachable", …, as in the result

// Bytes by kind in one direction. Framing is what is left of `total` when the others are taken off and what came
// compressed is counted as what it decodes to.
struct ByteCount {
  std::uint64_t total = 0;      // as read from or written to the socket (before TLS)
  std::uint64_t payload = 0;    // message payloads
  std::uint64_t http = 0;       // request and response heads, chunked or not
  std::uint64_t heartbeat = 0;  // what keeps a connection alive and says nothing: comments, pings, pongs
  std::uint64_t encoded = 0;  // compressed bodies and messages as they travelled (Content-Encoding, permessage-deflate)
  std::uint64_t decoded = 0;  // the same after decompression
  // A model, not a count: every read and every write as segments on a link with an MTU of 1,500 bytes, and the pure
  // acknowledgements of a receiver that delays them (one for two segments, at least one; RFC 5681 section 4.2). A
  // connection is begun with three segments and ended with four, none of which rides on data (RFC 9293 section 3.5).
  std::uint64_t link_segments = 0;
  std::uint64_t link_acknowledgements = 0;  // these travel in the other direction
  // One read or write; `tls` are the bytes that TLS put around it and around what went before.
  void add_transfer(std::size_t bytes, std::uint64_t tls = 0);
  // A message that the border of a window cuts has only its end in `total`: too few bytes for it are no framing.
  std::uint64_t framing() const {
    const auto rest = static_cast<std::int64_t>(total + decoded - encoded - payload - http - heartbeat);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(rest, 0));
  }
};
// 1,500 less 20 (IPv4), 20 (TCP) and 12 (the time-stamp option, RFC 7323).
inline constexpr std::uint64_t kLinkSegment = 1448;

// Messages that came compressed. `received.payload` has their payload_bytes; the wire carried compressed_bytes.
struct CompressionCount {
  std::uint64_t messages = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t compressed_bytes = 0;
};

// What sessions count by themselves; the host adds totals and delivered payloads.
struct SessionCounts {
  ByteCount received;
  ByteCount sent;
  std::uint64_t requests = 0;             // HTTP requests sent, the handshakes included
  std::uint64_t empty_answers = 0;        // polls and holds that brought nothing
  std::uint64_t full_answers = 0;         // those that brought at least one message
  std::uint64_t skipped_polls = 0;        // due while an answer was outstanding
  std::uint64_t gap_messages = 0;         // messages the server said it no longer has
  std::uint64_t request_timeouts = 0;     // held requests that the client gave up, and asked again
  std::uint64_t compressed_messages = 0;  // that came compressed by themselves (permessage-deflate)
  void add_connection_begin();
  void add_connection_end();
  void add(const SessionCounts& other);
  void subtract(const SessionCounts& earlier);
};

// What a stream says with a message where its format can (SSE).
struct Event {
  Bytes type;  // "message" for what a subscriber counts, else the name of a named event
  Bytes data;
  Bytes id;  // last event id in force after this event; mostly what resumes the stream
  bool is_message() const { return wire::is(type, "message"); }
};

// What a session may ask of the load generator.
class Host {
 public:
  virtual ~Host() = default;
  // A new connection to the target; on_open follows, or the host fails the session by itself.
  virtual Link& open() = 0;
  // The same to the server that a redirect names. It may not resolve: that is told like any other failure to connect.
  virtual Link& open_at(const wire::Url& url) = 0;
  // From now on every publish must reach this subscriber. Repeated calls after a reconnect are expected.
  virtual void subscribed() = 0;
  // One message arrived, whole; stamped with the time of the read that completed it.
  virtual void deliver(Bytes message) = 0;
  // The same for an event of a format that has types and ids. Named events are told too: they are no messages, and
  // nothing to a host that does not show them.
  virtual void deliver_event(const Event& event) {
    if (event.is_message()) deliver(event.data);
  }
  // The same where the protocol says that a message is no text (WebSocket opcode 2, a Socket.IO attachment).
  virtual void deliver_binary(Bytes message) { deliver(message); }
  // The peer's close frame has come (WebSocket: 1005 when it had no code). fail() or restart() follows.
  virtual void on_peer_close(std::uint16_t code, Bytes reason) {}
  // A request is due to leave now, its answer is complete: the host keeps the time between the two, to the read that
  // completed it (`round_trip` in the result). Connecting belongs to it where the session connects for each request.
  // One at a time; an end without a begin counts for nothing, and a failure forgets the begin.
  virtual void begin_round_trip() {}
  virtual void end_round_trip() {}
  // on_wake follows, once; a later call replaces an earlier one. Called inside on_wake, the delay counts from when that
  // wake was due and not from now: a session that asks for the same delay each time keeps its rate however late it
  // runs.
  virtual void wake_after(Nanos delay) = 0;
  virtual void cancel_wake() = 0;
  // Counted by kind, `detail` kept as an example; closes the links; the host starts the session again by its policy.
  virtual void fail(Failure kind, std::string_view detail) = 0;
  // The same, and for good: the protocol says that the client must not come again.
  virtual void give_up(Failure kind, std::string_view detail) = 0;
  // The server ended a stream as it should (an end by design): closes the links, starts again (after set_retry()'s
  // delay when the server gave one); no failure.
  virtual void restart() = 0;
  // The server asked for this reconnection delay (SSE `retry`).
  virtual void set_retry(Nanos delay) = 0;
  virtual SessionCounts& counts() = 0;
  virtual std::uint64_t random() = 0;  // uniform 64 bits, seeded by the run
};

// One simulated client. After fail() or restart() the session gets start() again, and keeps its cursor for it.
class Session {
 public:
  virtual ~Session() = default;
  virtual void start() = 0;
  virtual void on_open(Link& link) = 0;
  virtual void on_bytes(Link& link, Bytes bytes) = 0;  // any split of the stream, one byte at a time included
  virtual void on_close(Link& link) = 0;               // the peer closed; the link is gone after the call
  virtual void on_wake() {}
  // Publishes to the subscriber's topic over the connection that it receives on (publish.from: subscribers), and counts
  // the payload as sent, as it goes over the wire. false: this technique has no such way, and the host publishes by
  // POST. Called only while subscribed.
  virtual bool publish(Bytes payload, bool is_text) { return false; }
};

class SocketIoObserver;

// What all sessions of one run share; outlives them.
struct SessionConfig {
  std::string authority;             // Host header, "127.0.0.1:8080"
  bool secure = false;               // https, wss
  std::string base_path;             // of the target's URL, without trailing slash; mostly empty
  std::vector<std::string> topics;   // percent-encoded
  std::vector<OptionValue> options;  // in the order of the technique's specs
  bool echo = true;                  // publish.echo; false: asks the server to leave out what this subscriber publishes
  // What a foreign server wants, or a person by hand; mostly empty. See loadgen/clients/request.h.
  std::string target;   // "/sub/{topic}?a=b": instead of the path and query that the technique makes
  std::string headers;  // whole lines, added to every request; they replace the technique's of the same name
  // What only a person asks for.
  std::string method;         // instead of GET
  std::string body;           // of every request
  std::string last_event_id;  // sse: as if the stream had been read so far
  std::size_t max_message = std::size_t{16} << 20;
  SocketIoObserver* observer = nullptr;
};

}  // namespace loadgen
