// Socket.IO protocol, revision 5 (github.com/socketio/socket.io-protocol): what an Engine.IO message says.
//
//   2/chat,13["message","hello"]                                 an event for namespace /chat that wants to be
//   acknowledged 51-["message",{"_placeholder":true,"num":0}]  + one message of bytes   an event with one attachment
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "wire/bytes.h"
#include "wire/json.h"

namespace wire::socketio {

enum class PacketType : std::uint8_t { kConnect, kDisconnect, kEvent, kAck, kConnectError, kBinaryEvent, kBinaryAck };

inline constexpr Bytes kMainNamespace = "/";

struct Packet {
  PacketType type = PacketType::kEvent;
  Bytes name_space = kMainNamespace;
  std::optional<std::uint64_t> id;  // asks for an acknowledgement, or is one
  Bytes data;                       // JSON text of the kind that the type asks for; empty when there is none
  std::size_t attachments = 0;      // messages of bytes that follow
  // Of an event: its name and its arguments as they stand in `data`, JSON text each.
  struct Event {
    Bytes name;
    Bytes first;
    Bytes last;
    std::size_t arguments = 0;
  } event;
};

// Reads the text of a packet and checks it whole: null, or a sentence that says what is wrong. Views lie in `text`.
const char* parse_packet(Bytes text, Packet& packet);

// Everything in front of the data: "2/chat,13".
void append_header(std::string& out, PacketType type, Bytes name_space, std::optional<std::uint64_t> id = std::nullopt,
                   std::size_t attachments = 0);
// {"_placeholder":true,"num":0}
void append_placeholder(std::string& out, std::size_t number);
// The number of an element that is a placeholder.
std::optional<std::size_t> placeholder(Bytes element);

// Puts packets and their attachments together. Between packets it holds no buffer; a packet without attachments and
// the last attachment are handed out where they lie.
class Decoder {
 public:
  class Handler {
   public:
    // `attachments` has as many as the packet says, and every placeholder in the data names one of them. Valid during
    // the call, in which the decoder may not be fed.
    virtual void on_packet(const Packet& packet, std::span<const Bytes> attachments) = 0;

   protected:
    ~Handler() = default;
  };
  struct Limits {
    std::size_t attachments = 10;               // of one packet, as with the official parser
    std::size_t bytes = std::size_t{16} << 20;  // of one packet, its attachments included
  };
  explicit Decoder(Limits limits);
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // An Engine.IO message of text, or of bytes. Null, or a sentence that says what is wrong: the connection should be
  // closed.
  const char* take_text(Bytes text, Handler& handler);
  const char* take_binary(Bytes bytes, Handler& handler);
  bool mid_packet() const { return pending_ != nullptr; }
  void reset();

 private:
  struct Pending;  // a packet whose attachments have not all come
  std::unique_ptr<Pending> pending_;
  Limits limits_;
};

// An event whose payload changes from message to message and whatever surrounds it does not:
// ["name",<before><payload><after>]. Made once; appending allocates nothing but room in `out`.
class Event {
 public:
  // `before` and `after` are JSON text round the payload, its commas included: `"room",{"text":` and `}`.
  Event(Bytes name_space, Bytes name, Bytes before = {}, Bytes after = {});
  // The text of a packet with the payload as a string; requires valid UTF-8. `extra` is JSON text of further arguments,
  // without a leading comma.
  void append_text(std::string& out, Bytes payload, std::optional<std::uint64_t> id = std::nullopt,
                   Bytes extra = {}) const;
  // The text of a packet with one attachment; the payload follows as a message of bytes.
  void append_binary(std::string& out, std::optional<std::uint64_t> id = std::nullopt, Bytes extra = {}) const;
  const std::string& name_space() const { return name_space_; }

 private:
  void append_end(std::string& out, Bytes extra) const;
  std::string name_space_;
  std::string before_;  // `["name",<before>`
  std::string after_;
};

}  // namespace wire::socketio
