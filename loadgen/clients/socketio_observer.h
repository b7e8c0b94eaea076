// What a person who listens by hand sees of a Socket.IO session, and says in it. A run has none.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "wire/bytes.h"

namespace loadgen {

class SocketIoObserver {
 public:
  struct Emit {
    std::string name;
    std::string arguments;  // JSON text, comma-separated; may be empty
  };
  // Said each time the session is connected, each with an acknowledgement asked for.
  virtual std::span<const Emit> emits() const = 0;
  virtual void on_session(wire::Bytes sid, std::string_view transport) = 0;  // of Engine.IO
  virtual void on_transport(std::string_view name) = 0;                      // upgraded to it
  // Every event of the namespace. `arguments`: JSON text of the array, the event's name in front; placeholders name the
  // attachments.
  virtual void on_event(wire::Bytes name, wire::Bytes arguments, std::span<const wire::Bytes> attachments) = 0;
  // `number`: of the emit, from 0.
  virtual void on_acknowledgement(std::size_t number, wire::Bytes arguments,
                                  std::span<const wire::Bytes> attachments) = 0;

 protected:
  ~SocketIoObserver() = default;
};

}  // namespace loadgen
