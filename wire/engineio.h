// Engine.IO protocol, revision 4 (github.com/socketio/engine.io-protocol): packets, the payloads that carry several of
// them over HTTP, and what the open packet says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "wire/bytes.h"
#include "wire/time.h"

namespace wire::engineio {

enum class PacketType : std::uint8_t { kOpen, kClose, kPing, kPong, kMessage, kUpgrade, kNoop };

struct Packet {
  PacketType type = PacketType::kMessage;
  Bytes data;
  bool binary = false;  // a message of bytes
};

inline constexpr char kSeparator = '\x1e';    // between the packets of a payload
inline constexpr char kBinary = 'b';          // before a message of bytes in a payload, as base64
inline constexpr Bytes kPolling = "polling";  // transports, as a query and an opening name them
inline constexpr Bytes kWebSocket = "websocket";
inline constexpr Bytes kProbe = "probe";  // data of the ping and the pong that test a new transport

// A WebSocket text message: the type's digit, then the data. Absent when it is none. A WebSocket binary message is a
// message of bytes without any framing.
std::optional<Packet> parse_packet(Bytes text);

void append_packet(std::string& out, PacketType type, Bytes data = {});
void append_base64_packet(std::string& out, Bytes data);
// In front of each packet of a payload: separates it from the one before.
inline void begin_packet(std::string& payload) {
  if (!payload.empty()) payload.push_back(kSeparator);
}

// Reads a payload in any pieces. A packet that ends in the piece that it began in is handed out where it lies; base64
// is decoded into a buffer of the thread. Only an unfinished packet is kept.
class PayloadParser {
 public:
  class Handler {
   public:
    virtual void on_packet(const Packet& packet) = 0;  // valid during the call; the handler may call stop()

   protected:
    ~Handler() = default;
  };
  explicit PayloadParser(std::size_t max_packet) : max_packet_(max_packet) {}
  // Nothing, or a sentence that says what is wrong: no packet, base64 that is none, a packet above the limit. Nothing
  // may be fed after that but by way of reset().
  const char* feed(Bytes bytes, Handler& handler);
  const char* finish(Handler& handler);  // the body has ended: the last packet. An empty payload is a mistake
  // A payload that has arrived whole: nothing of it is copied.
  const char* take_whole(Bytes payload, Handler& handler);
  void stop() { stopped_ = true; }  // what follows is ignored
  void reset();

 private:
  const char* take(Bytes packet, Handler& handler);
  std::string partial_;
  std::size_t max_packet_;  // bytes as sent: base64 counts as text
  bool stopped_ = false;
};

// What the server says first.
struct Open {
  std::string sid;
  bool upgrade_to_websocket = false;
  Nanos ping_interval{};  // whole milliseconds
  Nanos ping_timeout{};
  std::size_t max_payload = 0;  // bytes of a payload that the server takes; 0: it did not say
};
void append_open(std::string& out, const Open& open);  // JSON: the packet's data
// Absent when it is not what the protocol says.
std::optional<Open> parse_open(Bytes json);

}  // namespace wire::engineio
