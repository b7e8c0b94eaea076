// What `pushbench listen` prints of a Socket.IO session.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "loadgen/clients/socketio_observer.h"

namespace loadgen {

struct SocketIoListenOptions {
  std::vector<std::string> events;  // names that are shown; empty: all
  std::vector<SocketIoObserver::Emit> emits;
};

class SocketIoPrinter final : public SocketIoObserver {
 public:
  using Json = nlohmann::ordered_json;
  // `print` gets each line; `on_message` is called after the line of an event. `options` outlive it.
  SocketIoPrinter(const SocketIoListenOptions& options, std::function<void(Json)> print,
                  std::function<void()> on_message)
      : options_(options), print_(std::move(print)), on_message_(std::move(on_message)) {}

 private:
  std::span<const Emit> emits() const override { return options_.emits; }
  void on_session(wire::Bytes sid, std::string_view transport) override;
  void on_transport(std::string_view name) override;
  void on_event(wire::Bytes name, wire::Bytes arguments, std::span<const wire::Bytes> attachments) override;
  void on_acknowledgement(std::size_t number, wire::Bytes arguments, std::span<const wire::Bytes> attachments) override;

  const SocketIoListenOptions& options_;
  std::function<void(Json)> print_;
  std::function<void()> on_message_;
};

}  // namespace loadgen
