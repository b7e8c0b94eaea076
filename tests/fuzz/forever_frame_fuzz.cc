#include "observe.h"
#include "wire/forever_frame.h"
#include "wire/utf8.h"

namespace {

using wire::Bytes;

class Codec final : public wire::forever_frame::Parser::Handler {
 public:
  explicit Codec(std::uint8_t options) : parser_((options & 1) != 0 ? 12 : 1 << 20) {}
  void feed(Bytes bytes) { parser_.feed(bytes, *this); }
  void finish() { log.add(parser_.mid_script() ? "mid script" : "between scripts"); }

  // What was read must be what a writer writes: it is read once more, as bytes and, where it can be, as text.
  void on_message(std::uint64_t sequence, Bytes payload) override {
    log.add("message " + std::to_string(sequence), payload);
    echo(sequence, payload, false);
    if (wire::is_utf8(payload)) echo(sequence, payload, true);
  }
  void on_gap(wire::lines::Gap gap) override {
    log.add("gap", std::to_string(gap.first) + " " + std::to_string(gap.last));
  }
  void on_bad_script(Bytes script) override { log.add("bad", script); }
  void on_too_large() override { log.add("too large"); }

  fuzz::Log log;

 private:
  struct Echo final : wire::forever_frame::Parser::Handler {
    void on_message(std::uint64_t number, Bytes bytes) override {
      sequence = number;
      payload = bytes;
    }
    void on_gap(wire::lines::Gap) override { std::abort(); }
    void on_bad_script(Bytes) override { std::abort(); }
    void on_too_large() override { std::abort(); }
    std::uint64_t sequence = 0;
    std::string payload;
  };
  static void echo(std::uint64_t sequence, Bytes payload, bool is_text) {
    std::string script;
    wire::forever_frame::append_message(script, sequence, payload, is_text);
    // An HTML parser sees one script, whatever the payload is.
    if (script.find('<', 1) != script.rfind("</script>\n")) std::abort();
    if (script.find('\n') != script.size() - 1) std::abort();
    Echo echo;
    wire::forever_frame::Parser().feed(script, echo);
    if (echo.sequence != sequence || echo.payload != payload) std::abort();
  }
  wire::forever_frame::Parser parser_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
