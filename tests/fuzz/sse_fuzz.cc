#include "observe.h"
#include "wire/sse.h"

namespace {

using wire::Bytes;

class Codec final : public wire::sse::Parser::Handler {
 public:
  explicit Codec(std::uint8_t options) : parser_((options & 1) != 0 ? 24 : 1 << 20) {}
  void feed(Bytes bytes) { parser_.feed(bytes, *this); }
  void finish() { log.add("last id", parser_.last_event_id()); }

  void on_event(const wire::sse::Event& event) override {
    log.add("type", event.type);
    log.add("data", event.data);
    log.add("id", event.id);
  }
  void on_retry(std::uint64_t milliseconds) override { log.add("retry", std::to_string(milliseconds)); }
  void on_comment(Bytes text) override { log.add("comment", text); }
  void on_too_large() override { log.add("too large"); }

  fuzz::Log log;

 private:
  wire::sse::Parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
