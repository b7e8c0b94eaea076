// `pushbench listen`: one client by hand, the session that a run simulates by the thousand, and a line of JSON for
// everything that arrives.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadgen/cli/commands.h"
#include "loadgen/cli/manual_client.h"
#include "loadgen/cli/request_arguments.h"
#include "loadgen/cli/socketio_printer.h"
#include "loadgen/clients/techniques.h"
#include "loadgen/host/terminal.h"
#include "loadgen/scenario/parts.h"
#include "wire/base64.h"
#include "wire/json.h"

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
  {"k":"session","sid":"…","transport":"…"}             the Engine.IO session has begun
  {"k":"transport","name":"…"}                          it has been upgraded
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
  bool echo = false;
  std::vector<std::string> events;                               // to show; empty: all
  std::vector<std::string> emits;                                // 'NAME JSON-ARGUMENTS'
  std::map<std::string_view, std::vector<std::string>> options;  // of techniques, by key (OptionSpec::manual)
};

// Checked.
struct ListenOptions {
  ManualClientOptions request;
  const TechniqueInfo* technique = nullptr;
  std::string last_event_id;
  std::vector<OptionValue> technique_options;  // in the order of the technique's
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
    plan_.options = options.technique_options;
    if (options.technique->manual.events) plan_.observer = &printer_;
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
    print({{"k", "close"}, {"code", code}, {"reason", reason}});
    ended_well_ = true;
  }
  void fail(Failure kind, std::string_view detail) override {
    error(kConnecting, std::string(failure_name(kind)) + ": " + std::string(detail));
  }
  void give_up(Failure kind, std::string_view detail) override {
    error(kClosed, std::string(failure_name(kind)) + ": " + std::string(detail));
  }
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
    return std::max(retry_, std::min(retry_ * (std::int64_t{1} << doublings), kLongestRetry));
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

bool is_websocket(const wire::Url& url) {
  return url.scheme == "ws" || url.scheme == "wss";
}

// Whether a path is that of the reference server, or of one that has its routes below another.
bool has_route(std::string_view path, std::string_view route) {
  if (!route.ends_with('/')) return path.ends_with(route);
  route.remove_suffix(1);
  return path.starts_with(route);
}

// What the URL says, by its path and scheme.
const TechniqueInfo* technique_of(const wire::Url& url) {
  const auto takes_scheme = [&](const TechniqueInfo& one) { return !is_websocket(url) || one.manual.websocket_url; };
  const auto fits = [&](const TechniqueInfo& one) { return takes_scheme(one) && has_route(url.path(), one.route); };
  auto found = std::ranges::find_if(techniques(), fits);
  if (found == techniques().end() && is_websocket(url)) found = std::ranges::find_if(techniques(), takes_scheme);
  return found == techniques().end() ? nullptr : &*found;
}

// As typed, or else as the URL says.
const TechniqueInfo* choose_technique(const std::string& typed, const wire::Url& url, ArgumentCheck& check) {
  const TechniqueInfo* technique = typed.empty() ? technique_of(url) : find_technique(typed);
  if (technique == nullptr) {
    const std::string known = technique_names([](const TechniqueInfo&) { return true; });
    check.wrong(typed.empty() ? fmt::format("say with --technique which one '{}' speaks: {}", url.target, known)
                              : fmt::format("unknown technique '{}'; there are: {}", typed, known));
  } else if (is_websocket(url) && !technique->manual.websocket_url) {
    check.wrong(fmt::format("a URL of the scheme {} is not for the technique {}", url.scheme, technique->name));
  }
  return technique;
}

// What was typed and the technique has not.
void refuse_foreign(const ListenArguments& typed, const TechniqueInfo& technique, ArgumentCheck& check) {
  struct Flag {
    std::string_view name;
    bool typed;
    bool (*has)(const TechniqueInfo&);
  };
  const Flag flags[] = {
      {"--echo", typed.echo, [](const TechniqueInfo& one) { return one.manual.echoes; }},
      {"--event", !typed.events.empty(), [](const TechniqueInfo& one) { return one.manual.events; }},
      {"--emit", !typed.emits.empty(), [](const TechniqueInfo& one) { return one.manual.events; }},
      {"--last-event-id", !typed.last_event_id.empty(),
       [](const TechniqueInfo& one) { return one.manual.last_event_id; }},
      {"--method", !typed.request.method.empty(), [](const TechniqueInfo& one) { return one.manual.any_request; }},
      {"--body", !typed.request.body.empty(), [](const TechniqueInfo& one) { return one.manual.any_request; }},
  };
  for (const Flag& flag : flags) {
    if (flag.typed && !flag.has(technique))
      check.wrong(fmt::format("{} is not for the technique {}, but for {}", flag.name, technique.name,
                              technique_names(flag.has)));
  }
  for (const auto& [key, values] : typed.options) {
    const bool known =
        std::ranges::any_of(technique.options, [&](const OptionSpec& spec) { return spec.manual && spec.key == key; });
    if (!values.empty() && !known) check.wrong(fmt::format("--{} is not for the technique {}", key, technique.name));
  }
}

// Of all options of the technique: as typed, as the URL's scheme implies, or the default.
std::vector<OptionValue> read_technique_options(const ListenArguments& typed, const TechniqueInfo& technique,
                                                const wire::Url& url, ArgumentCheck& check) {
  std::vector<OptionValue> values;
  for (OptionSpec spec : technique.options) {
    std::string text;
    if (is_websocket(url) && spec.key == technique.manual.websocket_option)
      spec.fallback = technique.manual.websocket_value;
    if (const auto given = typed.options.find(spec.key); given != typed.options.end() && !given->second.empty()) {
      text = fmt::format("{}", fmt::join(given->second, ", "));
      const std::string_view mistake = spec.validate != nullptr ? spec.validate(text) : std::string_view();
      if (!mistake.empty()) check.wrong(fmt::format("--{} '{}': {}", spec.key, text, mistake));
      spec.fallback = text;
    }
    values.push_back(default_option(spec));
  }
  return values;
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

void read_technique(const ListenArguments& typed, ListenOptions& options, ArgumentCheck& check) {
  const TechniqueInfo& technique = *options.technique;
  refuse_foreign(typed, technique, check);
  wire::Url& url = options.request.url;
  options.technique_options = read_technique_options(typed, technique, url, check);
  // As an official client does where no path is typed.
  if (technique.manual.events && url.path() == "/") url.target.replace(0, 1, technique.route);
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
  options.echo = typed.echo;
  if (options.technique != nullptr) read_technique(typed, options, check);
  if (typed.last_event_id.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
    check.wrong("--last-event-id is one line");
  if (check.error().empty()) return Listen(options).run();
  complain(check.error());
  return kUsageError;
}

// "sse: ", in front of the help of what only these techniques have.
std::string who(bool (*has)(const TechniqueInfo&)) {
  return technique_names(has) + ": ";
}

void add_manual_options(CLI::App& command, ListenArguments& arguments) {
  command
      .add_option("--last-event-id", arguments.last_event_id,
                  who([](const auto& one) { return one.manual.last_event_id; }) + "resume after this event")
      ->type_name("ID");
  command.add_flag("--echo", arguments.echo,
                   who([](const auto& one) { return one.manual.echoes; }) +
                       "answer every message with the same type and bytes; end when the connection ends");
  const std::string events = who([](const auto& one) { return one.manual.events; });
  command.add_option("--event", arguments.events, events + "show only the events of this name; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command
      .add_option("--emit", arguments.emits,
                  events + "say this event when connected, and print its acknowledgement; repeatable")
      ->type_name("'NAME JSON-ARGS'")
      ->allow_extra_args(false);
}

// Where several techniques have an option of the same name it says what it means to each.
void add_technique_options(CLI::App& command, ListenArguments& arguments) {
  for (const TechniqueInfo& technique : techniques()) {
    for (const OptionSpec& spec : technique.options) {
      if (!spec.manual) continue;
      const std::string name = "--" + std::string(spec.key);
      const std::string help = std::string(technique.name) + ": " + std::string(spec.description);
      if (CLI::Option* known = command.get_option_no_throw(name)) {
        known->description(known->get_description() + "; " + help);
        continue;
      }
      CLI::Option* option = command.add_option(name, arguments.options[spec.key], help)->allow_extra_args(false);
      option->type_name(spec.kind == OptionSpec::Kind::kChoice ? "NAME" : "TEXT");
      if (!spec.fallback.empty()) option->default_str(std::string(spec.fallback));
      if (spec.kind == OptionSpec::Kind::kChoice)
        option->check(CLI::IsMember(std::vector<std::string>(spec.choices.begin(), spec.choices.end())));
    }
  }
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
          "Its name; default: the one whose path of the reference server the URL has, or that of WebSockets for ws:// "
          "and wss://")
      ->type_name("NAME");
  command
      ->add_option("--initial-retry", arguments->initial_retry, "Time before a reconnect until the server says another")
      ->type_name("TIME")
      ->capture_default_str();
  add_manual_options(*command, *arguments);
  add_technique_options(*command, *arguments);
  command->add_option("--count", arguments->count, "End after so many messages and events; default: never")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->footer(kHelp);
  command->callback([&invocation, arguments] { invocation.exit_code = listen(*arguments); });
}

}  // namespace loadgen
