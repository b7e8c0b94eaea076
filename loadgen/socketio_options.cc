#include "loadgen/socketio_options.h"

#include <string_view>

#include "wire/json.h"

namespace loadgen {

namespace json = wire::json;

namespace {

std::string_view namespace_mistake(std::string_view text) {
  const bool written = text.find_first_of(",\r\n") == std::string_view::npos;
  return text.starts_with('/') && written ? "" : "a namespace begins with '/' and has no comma";
}

std::string_view auth_mistake(std::string_view text) {
  const bool object = json::is_object(text) && json::is_value(text);
  return text.empty() || object ? "" : R"(must be a JSON object, such as {"token":"x"})";
}

std::string_view event_mistake(std::string_view text) {
  return text.empty() ? "an event has a name" : "";
}

}  // namespace

std::vector<OptionSpec> socketio_options() {
  using Kind = OptionSpec::Kind;
  const auto text = [](std::string_view key, std::string_view fallback, std::string_view description, auto mistake) {
    OptionSpec spec{key, Kind::kText, fallback, description};
    spec.mistake = mistake;
    return spec;
  };
  return {
      {"transport",
       Kind::kChoice,
       "upgrade",
       "upgrade: polling first, then a WebSocket, as the official client does; or polling alone, or websocket alone",
       {"upgrade", "polling", "websocket"}},
      text("namespace", "/", "namespace to connect to, such as /chat", namespace_mistake),
      text("auth", "", "JSON object that CONNECT says", auth_mistake),
      text("event", "message", "name of the event that is a message; others are taken and not counted", event_mistake),
      text("emit", "publish", "name of the event by which subscribers publish", event_mistake),
      {"ack", Kind::kFlag, "false", "true: what subscribers publish asks for an acknowledgement (round_trip_ns)"}};
}

}  // namespace loadgen
