// `pushbench fetch`: one HTTP exchange by hand, told as JSON lines: its head, what each read brought of the body, and
// whether it came to its end. Redirects are told and not followed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "loadgen/cli/commands.h"
#include "loadgen/cli/manual_client.h"
#include "loadgen/cli/request_arguments.h"
#include "loadgen/clients/request.h"
#include "loadgen/host/terminal.h"
#include "wire/http1/header.h"
#include "wire/http1/response.h"
#include "wire/units.h"

namespace loadgen {

namespace http1 = wire::http1;

namespace {

constexpr const char* kHelp = R"(
Prints one JSON object a line, flushed at once:
  {"k":"head","status":200,"version":"1.1","headers":{"content-type":"…"},"t_ns":…}   names in lower case
  {"k":"body","bytes":512,"t_ns":…}                     what one read brought of the body, chunk sizes taken off
  {"k":"end","complete":true,"bytes":1024}              the answer came to its end; bytes of the whole body
  {"k":"error","reason":"closed: …","complete":false,"bytes":512}   it did not
Redirects are shown, not followed. Interim answers (100 Continue) are skipped.

Examples:
  pushbench fetch http://127.0.0.1:8080/stats
  pushbench fetch 'http://127.0.0.1:8080/publish?topic=t' --body hello
  pushbench fetch 'http://127.0.0.1:8080/http-streaming?topic=t&after=0' --timeout 5s

Exit codes: 0 complete, whatever the status; 1 not complete; 2 usage.
)";

class Fetch final : public ManualClient, private Session, private http1::ResponseParser::Handler {
 public:
  using ManualClient::ManualClient;
  int run() { return ManualClient::run(*this); }

 private:
  // Session
  void start() override { open(); }
  void on_open(Link& link) override {
    std::string text;
    append_request(text, plan_, {.route = {}, .topic = {}, .query = {}, .headers = "Accept: */*\r\n", .method = {}});
    parser_.expect_no_body(plan_.method == "HEAD");
    link.send(Bytes(text));
  }
  void on_bytes(Link&, Bytes bytes) override {
    std::size_t consumed = 0;  // more than the answer is nobody's
    const http1::Parsed parsed = parser_.feed(bytes, consumed, *this);
    print_piece();
    if (parsed == http1::Parsed::kError) return fail(Failure::kProtocol, parser_.error_text());
    if (parsed == http1::Parsed::kComplete) complete();
  }
  void on_close(Link& link) override {
    if (parser_.finish(*this)) {
      if (!link.truncated()) return complete();
      return fail(Failure::kTls, "the body, which lasts until the connection ends, ended without TLS's close_notify");
    }
    fail(Failure::kClosed,
         headed_ ? "the connection closed in the middle of the body" : "the connection closed before the answer");
  }

  // The answer
  void on_head(const http1::Response& response) override {
    headed_ = true;
    print({{"k", "head"},
           {"status", response.status},
           {"version", response.version_minor == 0 ? "1.0" : "1.1"},
           {"headers", headers_of(response)},
           {"t_ns", read_time_ns()}});
  }
  void on_body(Bytes piece) override { piece_ += piece.size(); }
  void on_end() override {}

  // Names in lower case; one that comes several times has its values joined, as RFC 9110 section 5.3 allows.
  static Json headers_of(const http1::Response& response) {
    Json headers = Json::object();
    for (const http1::Header& header : response.headers) {
      std::string name(header.name);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
      if (const auto place = headers.find(name); place != headers.end()) {
        *place = place->get<std::string>() + ", " + std::string(header.value);
      } else {
        headers[name] = header.value;
      }
    }
    return headers;
  }

  // What one read brought, in one line, so that one sees how the body comes.
  void print_piece() {
    if (piece_ == 0) return;
    print({{"k", "body"}, {"bytes", piece_}, {"t_ns", read_time_ns()}});
    bytes_ += std::exchange(piece_, 0);
  }
  void complete() {
    print({{"k", "end"}, {"complete", true}, {"bytes", bytes_}});
    finish(0);
  }

  // Host
  void fail(Failure kind, std::string_view detail) override {
    print({{"k", "error"}, {"reason", failure_text(kind, detail)}, {"complete", false}, {"bytes", bytes_}});
    finish(1);
  }
  void give_up(Failure kind, std::string_view detail) override { fail(kind, detail); }
  void on_timeout() override {
    fail(Failure::kTimeout, "not complete after " + wire::format_duration(options().timeout));
  }
  void subscribed() override {}  // nothing is: these belong to streams
  void deliver(Bytes) override {}
  void restart() override {}
  void set_retry(Nanos) override {}

  http1::ResponseParser parser_;
  std::uint64_t bytes_ = 0;  // of the body, framing taken off
  std::uint64_t piece_ = 0;
  bool headed_ = false;
};

int fetch(const RequestArguments& arguments) {
  ArgumentCheck check;
  const ManualClientOptions options = check.request(arguments);
  if (options.url.scheme.starts_with("ws"))
    check.wrong(fmt::format("'{}': fetch speaks HTTP; see pushbench listen", arguments.url));
  if (check.error().empty()) return Fetch(options).run();
  complain(check.error());
  return kUsageError;
}

}  // namespace

void add_fetch(CLI::App& app, Invocation& invocation) {
  CLI::App* command = app.add_subcommand("fetch", "Do one HTTP exchange by hand; print how it goes as JSON lines");
  const auto arguments = std::make_shared<RequestArguments>();
  add_request_options(*command, *arguments);
  command->footer(kHelp);
  command->callback([&invocation, arguments] { invocation.exit_code = fetch(*arguments); });
}

}  // namespace loadgen
