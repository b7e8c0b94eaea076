// What a person types for `pushbench listen` and `pushbench fetch`, checked.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "loadgen/cli/commands.h"
#include "loadgen/cli/fetch.h"
#include "loadgen/cli/listen.h"
#include "wire/json.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr int kUsage = 2;

// Reads arguments and remembers the first that is wrong.
class Arguments {
 public:
  void wrong(std::string text) {
    if (error_.empty()) error_ = std::move(text);
  }
  const std::string& error() const { return error_; }

  Nanos duration(std::string_view option, const std::string& text) {
    if (text.empty()) return Nanos(0);
    const auto parsed = wire::parse_duration(text);
    if (!parsed) wrong(fmt::format("{} {}: {}", option, text, parsed.error));
    return parsed.value.value_or(Nanos(0));
  }

  // RFC 9110 section 5.1 and 5.5: a token, a colon, and a value without control characters.
  std::string header(const std::string& text) {
    const std::size_t colon = text.find(':');
    const bool controls =
        std::any_of(text.begin(), text.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
    if (colon == std::string::npos || !is_token(text.substr(0, colon)) || controls)
      wrong(fmt::format("--header '{}': write it as 'Name: value'", text));
    return text;
  }

  std::string method(const std::string& text) {
    if (!text.empty() && !is_token(text)) wrong(fmt::format("--method '{}' is no HTTP method", text));
    return text;
  }

  ManualClientOptions request(const ManualClientArguments& typed) {
    ManualClientOptions options;
    const auto url = wire::parse_url(typed.url);
    if (!url) wrong(fmt::format("'{}' {}", typed.url, url.error));
    if (url) options.url = *url.value;
    for (const std::string& line : typed.headers) options.headers.push_back(header(line));
    options.method = method(typed.method);
    options.body = typed.body;
    options.timeout = duration("--timeout", typed.timeout);
    options.read_timeout = duration("--read-timeout", typed.read_timeout);
    options.pretty = typed.pretty;
    options.ca = typed.ca;
    options.insecure = typed.insecure;
    if (!options.ca.empty() && access(options.ca.c_str(), R_OK) != 0)
      wrong(fmt::format("--ca '{}': {}", options.ca, std::strerror(errno)));
    if (options.insecure && !options.ca.empty()) wrong("--ca says whom to trust, --insecure trusts everyone");
    return options;
  }

  static bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
  }

 private:
  std::string error_;
};

int refuse(const Arguments& arguments) {
  fmt::print(stderr, "pushbench: {}\n", arguments.error());
  return kUsage;
}

// As typed, or else what the URL says: /socket.io/ and ws:// speak for themselves, and the routes of the reference
// server bear the names of the techniques.
const TechniqueInfo* choose_technique(const std::string& typed, const wire::Url& url, Arguments& arguments) {
  const std::string_view path = url.path();
  const std::string_view segment = path.substr(path.rfind('/') + 1);
  const bool websocket = url.scheme == "ws" || url.scheme == "wss";
  const std::string_view guess = path.starts_with("/socket.io") ? "socketio" : websocket ? "websocket" : segment;
  const std::string_view name = !typed.empty() ? std::string_view(typed) : guess;
  const TechniqueInfo* technique = find_technique(name);
  if (technique == nullptr) {
    std::string known;
    for (const TechniqueInfo& one : techniques()) known += (known.empty() ? "" : ", ") + std::string(one.name);
    arguments.wrong(typed.empty() ? fmt::format("say with --technique which one '{}' speaks: {}", url.target, known)
                                  : fmt::format("unknown technique '{}'; there are: {}", typed, known));
  } else if (websocket && name != "websocket" && name != "socketio") {
    arguments.wrong(fmt::format("a URL of the scheme {} is not for the technique {}", url.scheme, name));
  }
  return technique;
}

// 'NAME' or 'NAME JSON': an array has the arguments, anything else is one, or several with commas between them.
SocketIoObserver::Emit read_emit(const std::string& text, Arguments& arguments) {
  const std::size_t space = text.find(' ');
  SocketIoObserver::Emit emit{text.substr(0, space), {}};
  const std::string json = space == std::string::npos ? "" : text.substr(space + 1);
  const bool array = json.starts_with('[') && wire::json::is_value(json);
  emit.arguments = array ? json.substr(1, json.rfind(']') - 1) : json;
  if (emit.name.empty() || !wire::json::is_value("[" + emit.arguments + "]"))
    arguments.wrong(
        fmt::format("--emit '{}': write an event's name and its arguments in JSON: 'say [\"hello\",1]'", text));
  return emit;
}

void read_socketio(const ManualClientArguments& typed, ListenOptions& options, Arguments& arguments) {
  wire::Url& url = options.request.url;
  if (!(typed.method.empty() && typed.body.empty())) arguments.wrong("Socket.IO has requests of its own");
  if (url.path() == "/") url.target.insert(1, "socket.io/");  // as the official client does
  if (typed.name_space.empty() || typed.name_space.front() != '/')
    arguments.wrong(fmt::format("--namespace '{}': a namespace begins with '/'", typed.name_space));
  if (!typed.auth.empty() && !(wire::json::is_object(typed.auth) && wire::json::is_value(typed.auth)))
    arguments.wrong(fmt::format("--auth '{}': must be a JSON object, such as {{\"token\":\"x\"}}", typed.auth));
  const bool websocket = url.scheme == "ws" || url.scheme == "wss";
  const std::string transport = !typed.transport.empty() ? typed.transport : websocket ? "websocket" : "upgrade";
  options.technique_options = {{"transport", transport}, {"namespace", typed.name_space}, {"auth", typed.auth}};
  options.socketio.events = typed.events;
  for (const std::string& emit : typed.emits) options.socketio.emits.push_back(read_emit(emit, arguments));
}

}  // namespace

int listen_command(const ManualClientArguments& typed) {
  Arguments arguments;
  ListenOptions options;
  options.request = arguments.request(typed);
  options.technique = choose_technique(typed.technique, options.request.url, arguments);
  options.last_event_id = typed.last_event_id;
  options.initial_retry = arguments.duration("--initial-retry", typed.initial_retry);
  options.count = typed.count;
  const std::string_view name = options.technique != nullptr ? options.technique->name : "";
  if (name == "websocket" && !(typed.method.empty() && typed.body.empty()))
    arguments.wrong("a WebSocket begins with GET and has no body");
  options.echo = typed.echo;
  if (name == "websocket") {
    options.technique_options = {{"subprotocol", fmt::format("{}", fmt::join(typed.subprotocols, ", "))},
                                 {"deflate", typed.deflate}};
  } else if (typed.echo || !typed.subprotocols.empty() || typed.deflate != "off") {
    arguments.wrong("--echo, --subprotocol and --deflate are for the technique websocket");
  }
  if (name == "socketio") {
    read_socketio(typed, options, arguments);
  } else if (!(typed.events.empty() && typed.emits.empty() && typed.auth.empty() && typed.transport.empty() &&
               typed.name_space == "/")) {
    arguments.wrong("--event, --emit, --auth, --namespace and --transport are for the technique socketio");
  }
  for (const std::string& subprotocol : typed.subprotocols) {
    if (!Arguments::is_token(subprotocol))
      arguments.wrong(fmt::format("--subprotocol '{}': one word, as in chat.v2", subprotocol));
  }
  if (name != "sse" && !typed.last_event_id.empty()) arguments.wrong("--last-event-id is for the technique sse");
  if (typed.last_event_id.find_first_of(std::string("\r\n\0", 3)) != std::string::npos)
    arguments.wrong("--last-event-id is one line");
  return arguments.error().empty() ? listen(options) : refuse(arguments);
}

int fetch_command(const ManualClientArguments& typed) {
  Arguments arguments;
  const ManualClientOptions options = arguments.request(typed);
  if (options.url.scheme.starts_with("ws"))
    arguments.wrong(fmt::format("'{}': fetch speaks HTTP; see pushbench listen", typed.url));
  return arguments.error().empty() ? fetch(options) : refuse(arguments);
}

}  // namespace loadgen
