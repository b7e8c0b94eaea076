#include "reference-server/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "wire/units.h"

namespace server {

namespace {

constexpr const char* kExamples = R"(Examples:
  reference-server
  reference-server --listen 0.0.0.0:8080 --threads 4 --cors '*'
  reference-server --listen 127.0.0.1:0 --queue 64KiB --policy drop-oldest --hold 5s
  reference-server --listen :8443 --tls-cert cert.pem --tls-key key.pem
  curl --no-buffer 'http://127.0.0.1:8080/sse?topic=news' &
  curl --data 'hello' 'http://127.0.0.1:8080/publish?topic=news'
)";

CLI::Option* add_duration(CLI::App& group, const char* name, wire::Nanos& value, const std::string& help,
                          wire::Nanos least) {
  return group
      .add_option_function<std::string>(
          name,
          [&value, name, least](const std::string& text) {
            const auto parsed = wire::parse_duration(text);
            if (!parsed) throw CLI::ValidationError(name, "'" + text + "': " + parsed.error);
            if (*parsed.value < least)
              throw CLI::ValidationError(name, "'" + text + "': at least " + wire::format_duration(least));
            value = *parsed.value;
          },
          help + " [" + wire::format_duration(value) + "]")
      ->type_name("TIME");
}

CLI::Option* add_size(CLI::App& group, const char* name, std::size_t& value, const std::string& help) {
  return group
      .add_option_function<std::string>(
          name,
          [&value, name](const std::string& text) {
            const bool bare = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
            const auto parsed = wire::parse_size(bare ? text + "B" : text);  // a bare number is one of bytes
            if (!parsed) throw CLI::ValidationError(name, "'" + text + "': " + parsed.error);
            if (*parsed.value < 1) throw CLI::ValidationError(name, "'" + text + "': at least 1B");
            value = static_cast<std::size_t>(*parsed.value);
          },
          help + " [" + wire::format_size(static_cast<std::int64_t>(value)) + "]")
      ->type_name("SIZE");
}

CLI::Option* add_count(CLI::App& group, const char* name, std::size_t& value, const std::string& help) {
  return group.add_option(name, value, help + " [" + std::to_string(value) + "]")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 30))
      ->type_name("COUNT");
}

std::string check_origin(const std::string& origin) {
  for (const char c : origin) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return "an origin has no blanks: https://example.org";
  }
  return origin.empty() ? "an origin, as in https://example.org, or '*'" : "";
}

void add_server_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("Server");
  group.add_option("--listen", options.listen, "Address to listen on; port 0 picks one [" + options.listen + "]")
      ->type_name("HOST:PORT");
  group.add_option("--threads", options.threads, "Threads, each with a loop of its own; they share the port [1]")
      ->check(CLI::Range(1u, 1024u))
      ->type_name("N");
  group
      .add_option(
          "--connections", options.connections,
          "Connections that will come: when they are more than this process may have descriptors, there are as many "
          "threads as it takes, each with a descriptor table of its own")
      ->type_name("N");
  auto* certificate = group
                          .add_option("--tls-cert", options.tls_certificate,
                                      "Speak TLS, and only TLS: certificate chain, the server's own first (PEM)")
                          ->type_name("FILE");
  auto* key = group.add_option("--tls-key", options.tls_key, "The certificate's private key (PEM, no passphrase)")
                  ->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  group
      .add_option("--hosts", options.hosts,
                  "Names that the server is asked by, separated by commas, beside IP addresses, localhost and names "
                  "without a dot; others get 403; '*' for all")
      ->delimiter(',')
      ->check([](const std::string& host) {
        return host.empty() || host.find_first_of(" /:[]") != std::string::npos
                   ? "'" + host + "': a host is a name alone, as in push.example.org"
                   : std::string();
      })
      ->type_name("HOST,...");
  group
      .add_option("--origins", options.origins,
                  "Origins whose pages may ask, separated by commas, beside the server's own and those of loopback; "
                  "others get 403; who sends no Origin is let in; '*' for all")
      ->delimiter(',')
      ->check(check_origin)
      ->type_name("ORIGIN,...");
  group.add_option("--cors", options.cors, "Let pages of this origin ask, and read the answers; '*' for all")
      ->check(check_origin)
      ->type_name("ORIGIN");
  group.add_flag(
      "--conformance", options.conformance,
      "Adds what suites that test the protocols ask for: a WebSocket echo at /echo, an Engine.IO echo at /engine.io/, "
      "and at /socket.io/ the namespaces and events that answer");
  group.add_flag("--cors-credentials", options.cors_credentials,
                 "Let them send cookies and certificates; --cors must name the origin then");
  add_duration(group, "--idle-timeout", options.idle_timeout,
               "Close a keep-alive connection that asks nothing for so long", std::chrono::milliseconds(1));
  add_duration(group, "--request-timeout", options.request_timeout,
               "Close a connection whose request is not complete by then", std::chrono::milliseconds(1));
  add_duration(group, "--stall-timeout", options.stall_timeout,
               "Disconnect a client that takes nothing of what waits for it for so long", std::chrono::milliseconds(1));
}

void add_topic_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("Topics");
  add_count(group, "--log-size", options.log_messages,
            "Messages of each topic that are kept for clients to resume from");
  add_size(group, "--log-bytes", options.log_bytes, "Payload of each topic that is kept at most");
  add_size(
      group, "--log-bytes-total", options.log_bytes_total,
      "All logs at most, each message with 128B beside its payload; the topic that was published to longest ago makes "
      "room first");
  add_size(group, "--max-payload", options.max_payload, "Largest message");
  add_count(
      group, "--max-topics", options.max_topics,
      "Topics at most; of those without subscribers the one that was published to longest ago makes room for a new "
      "one");
}

void add_slow_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("Subscribers that do not read");
  add_size(group, "--queue", options.queue, "Payload that may wait for a subscriber; also the most in one poll answer");
  group
      .add_option_function<std::string>(
          "--policy",
          [&options](const std::string& word) {
            options.policy = word == "drop-oldest" ? SlowPolicy::kDropOldest : SlowPolicy::kDisconnect;
          },
          "What happens then; drop-oldest tells the client by a gap notice [disconnect]")
      ->check(CLI::IsMember({"disconnect", "drop-oldest"}))
      ->type_name("POLICY");
}

bool is_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

void add_websocket_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("WebSocket");
  add_duration(group, "--ping-interval", options.ping_interval, "Ping after so much silence; 0s for none",
               wire::Nanos::zero());
  add_duration(group, "--ping-timeout", options.ping_timeout, "Close when a ping is not answered within",
               std::chrono::milliseconds(1));
  group
      .add_option_function<std::string>(
          "--deflate",
          [&options](const std::string& word) {
            options.deflate = word == "off"                ? DeflateMode::kOff
                              : word == "context-takeover" ? DeflateMode::kContextTakeover
                                                           : DeflateMode::kNoContextTakeover;
          },
          "What to make of an offer of permessage-deflate: no-context-takeover compresses a broadcast once for all, "
          "context-takeover for each client with what it has got before (up to 300 KiB a client) [off; "
          "context-takeover with --conformance]")
      ->check(CLI::IsMember({"off", "no-context-takeover", "context-takeover"}))
      ->type_name("MODE");
  add_size(group, "--deflate-min-size", options.deflate_min_size, "Smaller messages are sent as they are");
  group.add_option("--subprotocol", options.subprotocols, "Subprotocols to agree to, separated by commas")
      ->delimiter(',')
      ->check([](const std::string& name) {
        return is_token(name) ? std::string() : "'" + name + "': a subprotocol is one word, as in chat.v2";
      })
      ->type_name("NAME,...");
}

void add_socketio_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("Socket.IO (beside --ping-interval, --ping-timeout, --max-payload and --cors)");
  add_duration(group, "--connect-timeout", options.connect_timeout,
               "Close a client that has not connected to a namespace within", std::chrono::milliseconds(1));
  group.add_option("--socketio-path", options.socketio_path, "Path of its requests [" + options.socketio_path + "]")
      ->check([](const std::string& path) {
        return path.size() > 2 && path.front() == '/' && path.back() == '/' ? std::string()
                                                                            : "'" + path + "': as in /socket.io/";
      })
      ->type_name("PATH");
  group
      .add_option("--socketio-client", options.socketio_client,
                  "The official client, dist/socket.io.min.js of npm's socket.io-client, for pages: PATHsocket.io.js")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
}

void add_technique_options(CLI::App& app, Options& options) {
  auto& group = *app.add_option_group("Techniques");
  add_duration(group, "--hold", options.hold, "long-polling: hold a request for so long", std::chrono::milliseconds(1));
  group
      .add_option("--stream-limit", options.stream_limit,
                  "http-streaming, forever-frame, sse: end a stream after so many messages; 0: without end [0]")
      ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 30))
      ->type_name("COUNT");
  add_duration(group, "--heartbeat", options.heartbeat,
               "sse, forever-frame: a comment, or a line feed, after so much silence; 0s for none",
               wire::Nanos::zero());
  group
      .add_option_function<std::string>(
          "--retry",
          [&options](const std::string& text) {
            const auto parsed = wire::parse_duration(text);
            if (!parsed) throw CLI::ValidationError("--retry", "'" + text + "': " + parsed.error);
            options.retry = *parsed.value;
          },
          "sse: tell clients to reconnect after so long")
      ->type_name("TIME");
}

}  // namespace

std::optional<int> parse_options(int argc, char** argv, Options& options) {
  CLI::App app("The smallest honest server that speaks every push technique over one topic log.", "reference-server");
  app.set_version_flag("--version", "reference-server " PUSHBENCH_VERSION);
  app.footer(kExamples);
  add_server_options(app, options);
  add_topic_options(app, options);
  add_slow_options(app, options);
  add_technique_options(app, options);
  add_websocket_options(app, options);
  add_socketio_options(app, options);
  try {
    app.parse(argc, argv);
    if (options.cors_credentials && (options.cors.empty() || options.cors == "*")) {
      throw CLI::ValidationError("--cors-credentials",
                                 "needs --cors with an origin, as in https://example.org: "
                                 "browsers refuse '*' with credentials");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.conformance && app.count("--deflate") == 0) options.deflate = DeflateMode::kContextTakeover;
  return std::nullopt;
}

}  // namespace server
