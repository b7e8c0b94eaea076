#include "observe.h"
#include "wire/utf8.h"
#include "wire/websocket/reader.h"

namespace {

using wire::Bytes;
using wire::websocket::Opcode;
using wire::websocket::Reader;

class Codec final : public Reader::Handler {
 public:
  explicit Codec(std::uint8_t options)
      : reader_((options & 1) != 0 ? Reader::Role::kServer : Reader::Role::kClient, (options & 2) != 0 ? 20 : 1 << 20),
        compressed_((options & 4) != 0) {
    if (!compressed_) return;
    reader_.expect_compressed({(options & 8) != 0, static_cast<std::uint8_t>(8 + (options >> 4) % 8)});
  }

  void feed(Bytes bytes) {
    if (stopped_) return;
    const std::uint16_t code = reader_.feed(bytes, *this);
    if (code == 0) return;
    stopped_ = true;
    // The sentence may tell more when more is known. Of a compressed message that is wrong in two ways, the cut decides
    // which is seen first.
    log.add("fail", compressed_ ? "" : std::to_string(code));
  }
  void finish() {}

  void on_message(Opcode type, Bytes payload) override {
    log.add(type == Opcode::kText ? "text" : "binary", payload);
    if (type == Opcode::kText && !wire::is_utf8(payload)) std::abort();
  }
  void on_ping(Bytes payload) override { log.add("ping", payload); }
  void on_pong(Bytes payload) override { log.add("pong", payload); }
  void on_close(std::uint16_t code, Bytes reason) override {
    log.add("close", std::to_string(code) + " " + std::string(reason));
    stopped_ = true;
  }

  fuzz::Log log;

 private:
  Reader reader_;
  const bool compressed_;
  bool stopped_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
