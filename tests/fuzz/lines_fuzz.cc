#include "observe.h"
#include "wire/lines.h"

namespace {

using wire::Bytes;

class Codec final : public wire::lines::Splitter::Handler {
 public:
  explicit Codec(std::uint8_t options) : splitter_((options & 1) != 0 ? 12 : 1 << 20) {}
  void feed(Bytes bytes) { splitter_.feed(bytes, *this); }
  void finish() { log.add(splitter_.mid_line() ? "mid line" : "between lines"); }

  // What was read must be what a writer writes: it is split once more.
  void on_message(Bytes payload) override {
    log.add("message", payload);
    std::string line;
    wire::lines::append_message(line, payload);
    if (line.find('\n') != line.size() - 1) std::abort();
    Echo echo;
    wire::lines::Splitter().feed(line, echo);
    if (echo.payload != payload) std::abort();
  }
  void on_gap(wire::lines::Gap gap) override {
    log.add("gap", std::to_string(gap.first) + " " + std::to_string(gap.last));
  }
  void on_bad_line(Bytes line) override { log.add("bad", line); }

  fuzz::Log log;

 private:
  struct Echo final : wire::lines::Splitter::Handler {
    void on_message(Bytes bytes) override { payload = bytes; }
    void on_gap(wire::lines::Gap) override { std::abort(); }
    void on_bad_line(Bytes) override { std::abort(); }
    std::string payload;
  };
  wire::lines::Splitter splitter_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
