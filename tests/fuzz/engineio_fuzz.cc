#include "observe.h"
#include "wire/engineio.h"

namespace {

using wire::Bytes;

class Codec final : public wire::engineio::PayloadParser::Handler {
 public:
  explicit Codec(std::uint8_t options) : parser_((options & 1) != 0 ? 12 : 1 << 20) {}
  void feed(Bytes bytes) {
    if (!failed_) note(parser_.feed(bytes, *this));
  }
  void finish() {
    if (!failed_) note(parser_.finish(*this));
  }

  void on_packet(const wire::engineio::Packet& packet) override {
    log.add(packet.binary ? "bytes" : std::to_string(static_cast<int>(packet.type)), packet.data);
    if (packet.type == wire::engineio::PacketType::kOpen) {
      if (const auto open = wire::engineio::parse_open(packet.data)) log.add("open", open->sid);
    }
  }

  fuzz::Log log;

 private:
  void note(const char* mistake) {
    failed_ = mistake != nullptr;
    if (failed_) log.add("mistake");
  }

  wire::engineio::PayloadParser parser_;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
