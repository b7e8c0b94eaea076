#include "observe.h"
#include "wire/http1/request.h"
#include "wire/http1/target.h"

namespace {

using wire::Bytes;
using wire::http1::Parsed;

class Codec {
 public:
  explicit Codec(std::uint8_t options)
      : parser_((options & 1) != 0 ? wire::http1::Limits{64, 16, 3} : wire::http1::Limits{}) {}

  void feed(Bytes bytes) {
    while (!stopped_ && !bytes.empty()) {
      std::size_t consumed = 0;
      const Parsed parsed = parser_.feed(bytes, consumed);
      if (consumed > bytes.size()) std::abort();
      if (parsed == Parsed::kNeedMore) {
        if (consumed != bytes.size()) std::abort();
        return;
      }
      bytes.remove_prefix(consumed);
      if (parsed == Parsed::kComplete) {
        report(parser_.request());
      } else {
        stopped_ = true;
        // Which of two mistakes is named may depend on the cut: llhttp shows a name at its end or at the end of a read.
        if (parser_.error_status() < 400 || parser_.error_text().empty()) std::abort();
        log.add("error");
      }
    }
  }
  void finish() {
    if (!stopped_) log.add(parser_.mid_message() ? "mid message" : "between messages");
  }

  fuzz::Log log;

 private:
  void report(const wire::http1::Request& request) {
    log.add("method", request.method);
    log.add("target", request.target);
    log.add("path", request.path);
    log.add("query", request.query);
    log.add("version", std::to_string(request.version_minor));
    for (const auto& header : request.headers) {
      log.add("name", header.name);
      log.add("value", header.value);
    }
    log.add("body", request.body);
    log.add(request.keep_alive ? "keep alive" : "close");
    std::string value;
    if (wire::http1::query_value(request.query, "topic", value)) log.add("topic", value);
    stopped_ = request.upgrade;
    if (stopped_) log.add("upgrade");
  }

  wire::http1::RequestParser parser_;
  bool stopped_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::compare<Codec>(data, size);
}
