#include "loadgen/cli/socketio_printer.h"

#include <algorithm>

#include "wire/base64.h"

namespace loadgen {

namespace {

using Json = SocketIoPrinter::Json;
using Attachments = std::span<const wire::Bytes>;

// Attachments in base64 where their placeholders are.
void fill_in(Json& value, Attachments attachments) {
  if (value.is_object() && value.value("_placeholder", Json()) == Json(true)) {
    const Json number = value.value("num", Json());
    if (number.is_number_unsigned() && number.get<std::size_t>() < attachments.size())
      value = wire::base64(attachments[number.get<std::size_t>()]);
    return;
  }
  for (Json& part : value) {
    if (part.is_structured()) fill_in(part, attachments);
  }
}

void add_data(Json& line, Json data, Attachments attachments) {
  fill_in(data, attachments);
  line["data"] = std::move(data);
  if (!attachments.empty()) line["binary"] = true;
}

Json parse(wire::Bytes text) {
  return Json::parse(text.begin(), text.end(), nullptr, false);
}

}  // namespace

void SocketIoPrinter::on_session(wire::Bytes sid, std::string_view transport) {
  print_({{"k", "session"}, {"sid", sid}, {"transport", transport}});
}

void SocketIoPrinter::on_transport(std::string_view name) {
  print_({{"k", "transport"}, {"name", name}});
}

void SocketIoPrinter::on_event(wire::Bytes name, wire::Bytes arguments, Attachments attachments) {
  const auto& shown = options_.events;
  if (!shown.empty() && std::find(shown.begin(), shown.end(), name) == shown.end()) return;
  Json data = parse(arguments);
  if (data.is_array() && !data.empty()) data.erase(0);
  Json line = {{"k", "message"}, {"type", name}};
  add_data(line, std::move(data), attachments);
  print_(std::move(line));
  on_message_();
}

void SocketIoPrinter::on_acknowledgement(std::size_t number, wire::Bytes arguments, Attachments attachments) {
  Json line = {{"k", "ack"}};
  if (number < options_.emits.size()) line["emit"] = options_.emits[number].name;
  add_data(line, parse(arguments), attachments);
  print_(std::move(line));
}

}  // namespace loadgen
