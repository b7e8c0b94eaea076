// Messages are separated by 0x1e, those of bytes begin with 'b'. What is an event is written again from its parts and
// must be read as the same.
#include <algorithm>

#include "observe.h"
#include "wire/socketio.h"

namespace {

using wire::Bytes;
namespace socketio = wire::socketio;

struct Codec final : socketio::Decoder::Handler {
  void on_packet(const socketio::Packet& packet, std::span<const Bytes> attachments) override {
    if (attachments.size() != packet.attachments) std::abort();
    std::string text;
    socketio::append_header(text, packet.type, packet.name_space, packet.id, packet.attachments);
    socketio::Packet again;
    if (socketio::parse_packet(text.append(packet.data), again) != nullptr) std::abort();
    if (again.data != packet.data || again.id != packet.id || again.name_space != packet.name_space) std::abort();
    wire::json::Array elements(packet.data);
    Bytes element;
    while (elements.next(element)) {
      if (!wire::json::is_value(element)) std::abort();
      if (wire::json::is_string(element)) check_string(element);
      (void)socketio::placeholder(element);
    }
  }

  static void check_string(Bytes literal) {
    std::string scratch;
    std::string second;
    const Bytes value = wire::json::string_of(literal, scratch);
    std::string written;
    wire::json::append_string(written, value);
    if (wire::json::string_length(written) != written.size()) std::abort();
    if (wire::json::string_of(written, second) != value) std::abort();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Codec handler;
  socketio::Decoder decoder(socketio::Decoder::Limits{.attachments = 3, .bytes = 4096});
  Bytes rest(reinterpret_cast<const char*>(data), size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\x1e'), rest.size());
    const std::string message(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const char* const mistake = message.starts_with('b') ? decoder.take_binary(Bytes(message).substr(1), handler)
                                                         : decoder.take_text(message, handler);
    if (mistake != nullptr) decoder.reset();
  }
  return 0;
}
