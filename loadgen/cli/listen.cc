// `pushbench listen`: one client by hand, the session that a run simulates by the thousand, and a line of JSON for
// everything that arrives.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loadgen/cli/commands.h"
#include "loadgen/cli/manual_client.h"
#include "loadgen/cli/request_arguments.h"
#include "loadgen/cli/socketio_printer.h"
#include "loadgen/host/terminal.h"
#include "loadgen/run/reconnect.h"
#include "loadgen/scenario/parts.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/printable.h"

namespace loadgen {

namespace {

constexpr const char* kHelp = R"(
Prints one JSON object a line, flushed at once:
  {"k":"open"}                                          subscribed, also after a reconnect
  {"k":"event","type":"message","data":"…","id":"7","t_ns":…}   technique sse; `id` is the last event id in force
  {"k":"message","data":"…","t_ns":…}                   every other technique
  {"k":"message","data":"AP8=","binary":true,"t_ns":…}  what the protocol calls binary (WebSocket), in base64
  {"k":"close","code":1000,"reason":""}                 the server's close frame (WebSocket); 1005 when it had no code
  {"k":"message","type":"name","data":["…"],"t_ns":…}   an event of Socket.IO and its arguments; attachments in base64, and "binary":true
  {"k":"ack","emit":"name","data":["…"],"t_ns":…}       the acknowledgement of what --emit said (Socket.IO)
  {"k":"session","sid":"…","transport":"polling"}       the Engine.IO session has begun
  {"k":"transport","name":"websocket"}                  it has been upgraded
  {"k":"gap","messages":5}                              the server no longer has so many messages
  {"k":"error","state":0,"reason":"closed: …"}          will reconnect (0), or gave up (2); the kinds are those of `failures` in a result
t_ns is the time of the read on this machine's monotonic clock. Reconnects after what the server asks for with `retry`, or --initial-retry;
twice as long after each failure in a row, up to 30s. sse follows the HTML standard: 204, another status than 200 and another content type
end it.

Examples:
  pushbench listen 'http://127.0.0.1:8080/sse?topic=t&after=0'
  pushbench listen http://127.0.0.1:8080/events --technique sse --header 'Authorization: Bearer x' --last-event-id 41
  pushbench listen 'ws://127.0.0.1:8080/websocket?topic=t' --count 10 --timeout 30s | jq -r .data
  pushbench listen 'wss://localhost:8443/websocket?topic=t' --ca cert.pem
  pushbench listen 'http://127.0.0.1:8080/socket.io/?topic=t' --event message --emit 'publish ["hello"]'
  pushbench listen 'ws://127.0.0.1:9001/runCase?case=1&agent=pushbench' --echo --deflate on

Exit codes: 0 ended by --count, a signal, or --timeout without --count; 1 gave up, or --timeout came before --count; 2 usage.
With --echo: 0 when a connection that was open has ended, 1 when there was none.
)";

struct ListenArguments {
  RequestArguments request;
  std::string technique;  // empty: guessed from the URL
  std::string last_event_id;
  std::string initial_retry = "3s";  // as Chromium's EventSource
  std::uint64_t count = 0;
  bool echo = false;  // websocket, as the next two
  std::vector<std::string> subprotocols;
  std::string deflate = "off";
  std::vector<std::string> events;  // socketio, as the next four
  std::vector<std::string> emits;   // 'NAME JSON-ARGUMENTS'
  std::string auth;
  std::string namespace_name = "/";
  std::string transport;  // empty: by the URL's scheme
};

// Checked.
struct ListenOptions {
  ManualClientOptions request;
  const TechniqueInfo* technique = nullptr;
  std::string last_event_id;
  std::vector<std::pair<std::string_view, std::string>> technique_options;  // key and value of the technique's options
  SocketIoListenOptions socketio;
  bool echo = false;        // answers every message with the same one; ends when the connection does
  Nanos initial_retry{0};   // a server's `retry` replaces it
  std::uint64_t count = 0;  // ends after so many messages and events; 0: never
};

constexpr Nanos kLongestRetry = std::chrono::seconds(30);  // that back-off makes of a shorter one

// States of an EventSource (HTML standard section 9.2.2), the only two that an error leads to.
enum State { kConnecting = 0, kClosed = 2 };

class Listen final : public ManualClient {
 public:
  explicit Listen(const ListenOptions& options)
      : ManualClient(options.request), options_(options), retry_(options.initial_retry) {
    plan_.last_event_id = options.last_event_id;
    for (OptionSpec spec : options.technique->options) {
      for (const auto& [key, value] : options.technique_options) {
        if (key == spec.key) spec.fallback = value;
      }
      plan_.options.push_back(default_option(spec));
    }
    if (options.technique->name == "socketio") plan_.observer = &printer_;
    session_ = options.technique->make(*this, plan_, topic_);
  }
  int run() { return ManualClient::run(*session_); }

 private:
  // Host
  void subscribed() override {
    attempts_ = 0;
    if (!std::exchange(open_, true)) print({{"k", "open"}});
  }
  void deliver(Bytes message) override {
    print_gap();
    print({{"k", "message"}, {"data", message}, {"t_ns", read_time_ns()}});
    if (options_.echo) session_->publish(message, true);
    count();
  }
  void deliver_binary(Bytes message) override {
    print_gap();
    print({{"k", "message"}, {"data", wire::base64(message)}, {"binary", true}, {"t_ns", read_time_ns()}});
    if (options_.echo) session_->publish(message, false);
    count();
  }
  void deliver_event(const Event& event) override {
    printed_gaps_ = counts().gap_messages;  // the gap event says it itself
    print({{"k", "event"}, {"type", event.type}, {"data", event.data}, {"id", event.id}, {"t_ns", read_time_ns()}});
    count();
  }
  void on_peer_close(std::uint16_t code, Bytes reason) override {
    print({{"k", "close"}, {"code", code}, {"reason", wire::printable(reason, reason.size())}});
    ended_well_ = true;
  }
  void fail(Failure kind, std::string_view detail) override { error(kConnecting, failure_text(kind, detail)); }
  void give_up(Failure kind, std::string_view detail) override { error(kClosed, failure_text(kind, detail)); }
  void restart() override { error(kConnecting, "the server ended the stream"); }
  void set_retry(Nanos delay) override { retry_ = delay; }

  void on_timeout() override { finish(options_.count > 0 ? 1 : 0); }
  void on_read() override { print_gap(); }

  void error(State state, const std::string& reason) {
    const bool was_open = std::exchange(open_, false);
    drop_connections();
    // An answering client does not come again: to it a close frame is how it ends, and no error.
    const bool over = options_.echo || state == kClosed;
    if (!options_.echo || !std::exchange(ended_well_, false))
      print({{"k", "error"}, {"state", over ? kClosed : kConnecting}, {"reason", reason}});
    if (options_.echo) return finish(was_open ? 0 : 1);
    if (state == kClosed) return finish(1);
    start_after(retry_delay());
  }
  // `retry` after an end or the first failure, then twice as long each time, until a connection is good again.
  Nanos retry_delay() {
    const int doublings = std::min(attempts_++, 16);
    const Nanos first = std::max(retry_, kLeastReconnectDelay);
    return std::max(first, std::min(first * (std::int64_t{1} << doublings), kLongestRetry));
  }
  void print_with_time(Json line) {
    line["t_ns"] = read_time_ns();
    print(line);
  }
  void count() {
    if (++received_ == options_.count) finish(0);
  }
  void print_gap() {
    const std::uint64_t gaps = counts().gap_messages;
    if (gaps == printed_gaps_) return;
    print({{"k", "gap"}, {"messages", gaps - std::exchange(printed_gaps_, gaps)}});
  }

  const ListenOptions& options_;
  SocketIoPrinter printer_{options_.socketio, [this](Json line) { print_with_time(std::move(line)); },
                           [this] { count(); }};
  const std::string topic_;  // the URL says which
  std::unique_ptr<Session> session_;
  Nanos retry_;
  std::uint64_t received_ = 0;
  std::uint64_t printed_gaps_ = 0;
  int attempts_ = 0;
  bool open_ = false;
  bool ended_well_ = false;  // by a close frame
};

// As typed, or else what the URL says: /socket.io/ and ws:// speak for themselves, and the routes of the reference
// server bear the names of the techniques.
const TechniqueInfo* choose_technique(const std::string& typed, const wire::Url& url, ArgumentCheck& check) {
  const std::string_view path = url.path();
  const std::string_view segment = path.substr(path.rfind('/') + 1);
  const bool websocket = url.scheme == "ws" || url.scheme == "wss";
  const std::string_view guess = path.starts_with("/socket.io") ? "socketio" : websocket ? "websocket" : segment;
  const std::string_view name = !typed.empty() ? std::string_view(typed) : guess;
  const TechniqueInfo* technique = find_technique(name);
  if (technique == nullptr) {
    std::string known;
    for (const TechniqueInfo& one : techniques()) known += (known.empty() ? "" : ", ") + std::string(one.name);
    check.wrong(typed.empty() ? fmt::format("say with --technique which one '{}' speaks: {}", url.target, known)
                              : fmt::format("unknown technique '{}'; there are: {}", typed, known));
  } else if (websocket && name != "websocket" && name != "socketio") {
    check.wrong(fmt::format("a URL of the scheme {} is not for the technique {}", url.scheme, name));
  }
  return technique;
}

// 'NAME' or 'NAME JSON': an array has the arguments, anything else is one, or several with commas between them.
SocketIoObserver::Emit read_emit(const std::string& text, ArgumentCheck& check) {
  const std::size_t space = text.find(' ');
  SocketIoObserver::Emit emit{text.substr(0, space), {}};
  const std::string json = space == std::string::npos ? "" : text.substr(space + 1);
  const bool array = json.starts_with('[') && wire::json::is_value(json);
  emit.arguments = array ? json.substr(1, json.rfind(']') - 1) : json;
  if (emit.name.empty() || !wire::json::is_value("[" + emit.arguments + "]"))
    check.wrong(fmt::format("--emit '{}': write an event's name and its arguments in JSON: 'say [\"hello\",1]'", text));
  return emit;
}

void read_socketio(const ListenArguments& typed, ListenOptions& options, ArgumentCheck& check) {
  wire::Url& url = options.request.url;
  if (!(typed.request.method.empty() && typed.request.body.empty())) check.wrong("Socket.IO has requests of its own");
  if (url.path() == "/") url.target.insert(1, "socket.io/");  // as the official client does
  if (typed.namespace_name.empty() || typed.namespace_name.front() != '/')
    check.wrong(fmt::format("--namespace '{}': a namespace begins with '/'", typed.namespace_name));
  if (!typed.auth.empty() && !(wire::json::is_object(typed.auth) && wire::json::is_value(typed.auth)))
    check.wrong(fmt::format("--auth '{}': must be a JSON object, such as {{\"token\":\"x\"}}", typed.auth));
  const bool websocket = url.scheme == "ws" || url.scheme == "wss";
  const std::string transport = !typed.transport.empty() ? typed.transport : websocket ? "websocket" : "upgrade";
  options.technique_options = {{"transport", transport}, {"namespace", typed.namespace_name}, {"auth", typed.auth}};
  options.socketio.events = typed.events;
  for (const std::string& emit : typed.emits) options.socketio.emits.push_back(read_emit(emit, check));
}

int listen(const ListenArguments& typed) {
  ArgumentCheck check;
  ListenOptions options;
  options.request = check.request(typed.request);
  options.technique = choose_technique(typed.technique, options.request.url, check);
  options.last_event_id = typed.last_event_id;
  options.initial_retry = check.duration("--initial-retry", typed.initial_retry);
  options.count = typed.count;
  const std::string_view name = options.technique != nullptr ? options.technique->name : "";
  if (name == "websocket" && !(typed.request.method.empty() && typed.request.body.empty()))
    check.wrong("a WebSocket begins with GET and has no body");
  options.echo = typed.echo;
  if (name == "websocket") {
    options.technique_options = {{"subprotocol", fmt::format("{}", fmt::join(typed.subprotocols, ", "))},
                                 {"deflate", typed.deflate}};
  } else if (typed.echo || !typed.subprotocols.empty() || typed.deflate != "off") {
    check.wrong("--echo, --subprotocol and --deflate are for the technique websocket");
  }
  if (name == "socketio") {
    read_socketio(typed, options, check);
  } else if (!(typed.events.empty() && typed.emits.empty() && typed.auth.empty() && typed.transport.empty() &&
               typed.namespace_name == "/")) {
    check.wrong("--event, --emit, --auth, --namespace and --transport are for the technique socketio");
  }
  for (const std::string& subprotocol : typed.subprotocols) {
    if (!is_token(subprotocol)) check.wrong(fmt::format("--subprotocol '{}': one word, as in chat.v2", subprotocol));
  }
  if (name != "sse" && !typed.last_event_id.empty()) check.wrong("--last-event-id is for the technique sse");
  if (typed.last_event_id.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
    check.wrong("--last-event-id is one line");
  if (check.error().empty()) return Listen(options).run();
  complain(check.error());
  return kUsageError;
}

void add_socketio_options(CLI::App& command, ListenArguments& arguments) {
  command.add_option("--event", arguments.events, "socketio: show only the events of this name; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--emit", arguments.emits,
                  "socketio: say this event when connected, and print its acknowledgement; repeatable")
      ->type_name("'NAME JSON-ARGS'")
      ->allow_extra_args(false);
  command.add_option("--auth", arguments.auth, "socketio: what CONNECT says, a JSON object")->type_name("JSON");
  command.add_option("--namespace", arguments.namespace_name, "socketio: the namespace to connect to")
      ->type_name("NAME")
      ->capture_default_str();
  command
      .add_option(
          "--transport", arguments.transport,
          "socketio: upgrade (polling first, then a WebSocket; default), polling or websocket (default for ws://)")
      ->check(CLI::IsMember({"upgrade", "polling", "websocket"}))
      ->type_name("NAME");
}

}  // namespace

void add_listen(CLI::App& app, Invocation& invocation) {
  CLI::App* command =
      app.add_subcommand("listen", "Be one client of a stream by hand; print what arrives as JSON lines");
  const auto arguments = std::make_shared<ListenArguments>();
  add_request_options(*command, arguments->request);
  command
      ->add_option(
          "--technique", arguments->technique,
          "Its name; default: socketio for /socket.io/, websocket for ws:// and wss://, else the last part of the "
          "path")
      ->type_name("NAME");
  command->add_option("--last-event-id", arguments->last_event_id, "sse: resume after this event")->type_name("ID");
  command
      ->add_option("--initial-retry", arguments->initial_retry, "Time before a reconnect until the server says another; at least 10ms")
      ->type_name("TIME")
      ->capture_default_str();
  command->add_flag("--echo", arguments->echo,
                    "websocket: answer every message with the same type and bytes; end when the connection ends");
  command->add_option("--subprotocol", arguments->subprotocols, "websocket: offer this subprotocol; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      ->add_option("--deflate", arguments->deflate,
                   "websocket: offer permessage-deflate: off; on, as a browser does; no-context-takeover")
      ->check(CLI::IsMember({"off", "on", "no-context-takeover"}))
      ->type_name("MODE")
      ->capture_default_str();
  add_socketio_options(*command, *arguments);
  command->add_option("--count", arguments->count, "End after so many messages and events; default: never")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->footer(kHelp);
  command->callback([&invocation, arguments] { invocation.exit_code = listen(*arguments); });
}

}  // namespace loadgen
