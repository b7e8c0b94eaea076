#include "observe.h"
#include "wire/http1/response.h"

namespace {

using wire::Bytes;
using wire::http1::Parsed;

class Codec final : public wire::http1::ResponseParser::Handler {
 public:
  explicit Codec(std::uint8_t options) : parser_((options & 1) != 0 ? 64 : 64 * 1024) {
    if ((options & 2) != 0) parser_.expect_no_body(true);
  }

  void feed(Bytes bytes) {
    while (!stopped_ && !bytes.empty()) {
      std::size_t consumed = 0;
      const Parsed parsed = parser_.feed(bytes, consumed, *this);
      if (consumed > bytes.size()) std::abort();
      if (parsed == Parsed::kNeedMore) {
        if (consumed != bytes.size()) std::abort();
        return;
      }
      bytes.remove_prefix(consumed);
      stopped_ = upgraded_ || parsed == Parsed::kError;
      if (parsed == Parsed::kError) {
        if (parser_.error_text().empty()) std::abort();
        log.add("error");
      } else {
        log.add("complete, head bytes", std::to_string(parser_.head_bytes()));
      }
    }
  }
  void finish() {
    if (stopped_) return;
    log.add(parser_.mid_message() ? "mid message" : "between messages");
    log.add(parser_.finish(*this) ? "completed by close" : "not completed");
  }

  void on_head(const wire::http1::Response& response) override {
    log.add("status", std::to_string(response.status));
    log.add("reason", response.reason);
    log.add("version", std::to_string(response.version_minor));
    for (const auto& header : response.headers) {
      log.add("name", header.name);
      log.add("value", header.value);
    }
    log.add(response.keep_alive ? "keep alive" : "close");
    upgraded_ = response.upgrade;
  }
  void on_body(Bytes piece) override { log.add_body(piece); }
  void on_end() override { log.add("end"); }

  fuzz::Log log;

 private:
  wire::http1::ResponseParser parser_;
  bool upgraded_ = false;
  bool stopped_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
