// pushbench: the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>

#include "loadgen/cli/commands.h"
#include "loadgen/target/idle_server.h"
#include "loadgen/version.h"

namespace {

constexpr const char* kExamples = R"(
Examples:
  pushbench run scenarios/quickstart.yaml                      every technique side by side, report in results/
  pushbench run scenarios/quickstart.yaml --only sse,websocket --set subscribers=100 --out /tmp/first
  pushbench run scenarios/smoke/*.yaml --repeat 3
  pushbench run scenarios/quickstart.yaml --only sse --find max-rate --until 'delivery_latency.p99 < 100ms and missing == 0'
  pushbench run scenarios/quickstart.yaml --only sse --floor   how much of the latency is the tool's own?
  pushbench check scenarios/quickstart.yaml                    says what would be measured, or what is wrong
  pushbench report results/a results/b -o both.html            one page from several results
  pushbench listen 'http://127.0.0.1:8080/sse?topic=t'         one client by hand: what arrives, as JSON lines

Exit codes: 0 good, 1 a threshold is broken (with --find: not even the least load was carried), 2 usage or scenario error,
3 the measurement is invalid (with --find: nobody knows what was carried), 130/143 interrupted.
)";

std::string typed_command(int argc, char** argv) {
  std::string command = "pushbench";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool plain = !word.empty() && word.find_first_of(" '\"$*?<>|&;()\\\n\t") == std::string::npos;
    command += plain ? " " + word : " '" + word + "'";
  }
  return command;
}

// Returns --find.
CLI::Option* add_find(CLI::App& run, loadgen::RunOptions& options) {
  const std::string group = "Capacity search";
  CLI::Option* find =
      run.add_option("--find", options.find,
                     "Instead of one load, search for the greatest that the server carries, beginning with the "
                     "scenario's: max-rate or max-subscribers; each step is a run")
          ->type_name("WHAT")
          ->excludes(run.get_option("--repeat"));
  run.add_option("--until", options.until,
                 "What must hold for a load to be carried: thresholds joined by \"and\" (\"delivery_latency.p99 < "
                 "100ms and missing == 0\")")
      ->type_name("CONDITION");
  run.add_option("--at-most", options.at_most, "Never offer more; default a thousand times the scenario's load")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  run.add_option("--precision", options.precision, "End when carried and too much are so close")
      ->type_name("SHARE")
      ->capture_default_str();
  run.add_option("--max-steps", options.max_steps, "Runs of each technique")
      ->check(CLI::Range(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  run.add_option("--step", options.step,
                 "Measured time of each step; default the scenario's, at most 5s; longer, up to 60s, where the "
                 "condition takes more deliveries")
      ->type_name("TIME");
  for (const char* name : {"--find", "--until", "--at-most", "--precision", "--max-steps", "--step"}) {
    CLI::Option* option = run.get_option(name);
    option->group(group);
    if (option != find) option->needs(find);
  }
  find->needs(run.get_option("--until"));
  return find;
}

void add_run(CLI::App& app, loadgen::RunOptions& options, int& code) {
  CLI::App* run = app.add_subcommand("run", "Run every technique of a scenario; write result.json and report.html");
  run->add_option("SCENARIO", options.scenarios, "Scenario files (YAML)")->required();
  run->add_option("--out", options.directory, "Folder for the result; default results/<scenario>-<time>")
      ->type_name("DIR");
  run->add_option("--only", options.only, "Only these techniques or variants, separated by commas (\"sse,polling 1s\")")
      ->delimiter(',')
      ->type_name("NAME");
  run->add_option("--set", options.overrides, "Replace a value of the scenario (\"publish.rate=50/s\"); repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  run->add_option("--repeat", options.repeat, "Repetitions, interleaved over the techniques")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  run->add_option("--seed", options.seed, "Seed of everything random; default: a new one, kept in the result")
      ->type_name("N");
  run->add_option(
         "--wait-idle", options.wait_idle,
         "Begin when the machine is idle (load average at most half the processors), or after so long (\"120s\")")
      ->type_name("TIME");
  run->add_flag("--floor", options.floor,
                "First measure the floor of the tool: the same load against a server that does nothing else")
      ->excludes(add_find(*run, options));
  run->add_flag("--quiet", options.quiet, "No progress");
  run->add_flag("--no-report", options.no_report, "Write result.json only");
  run->footer(kExamples);
  run->callback([&] { code = loadgen::run_command(options); });
}

void add_by_hand(CLI::App& command, loadgen::ManualClientArguments& typed) {
  command.add_option("URL", typed.url, "The full URL, path and query as typed")->required();
  command
      .add_option("--header", typed.headers,
                  "A request header, \"Name: value\"; replaces the one that would be sent; repeatable")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  command.add_option("--method", typed.method, "The request's method; default GET, or POST with --body")
      ->type_name("METHOD");
  command.add_option("--body", typed.body, "The request's body, as it is")->type_name("TEXT");
  command
      .add_option("--read-timeout", typed.read_timeout, "A server that sends nothing for so long has failed (\"30s\")")
      ->type_name("TIME");
  command.add_option("--timeout", typed.timeout, "End after so long (\"1min\"); default: never")->type_name("TIME");
  command
      .add_option("--ca", typed.ca, "https, wss: trust these certificates only (PEM); default: whom the system trusts")
      ->type_name("FILE");
  command.add_flag("--insecure", typed.insecure, "https, wss: take any certificate");
  command.add_flag("--pretty", typed.pretty, "Indented JSON");
}

constexpr const char* kListenHelp = R"(
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

void add_socketio(CLI::App& listen, loadgen::ManualClientArguments& typed) {
  listen.add_option("--event", typed.events, "socketio: show only the events of this name; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  listen
      .add_option("--emit", typed.emits,
                  "socketio: say this event when connected, and print its acknowledgement; repeatable")
      ->type_name("'NAME JSON-ARGS'")
      ->allow_extra_args(false);
  listen.add_option("--auth", typed.auth, "socketio: what CONNECT says, a JSON object")->type_name("JSON");
  listen.add_option("--namespace", typed.name_space, "socketio: the namespace to connect to")
      ->type_name("NAME")
      ->capture_default_str();
  listen
      .add_option(
          "--transport", typed.transport,
          "socketio: upgrade (polling first, then a WebSocket; default), polling or websocket (default for ws://)")
      ->check(CLI::IsMember({"upgrade", "polling", "websocket"}))
      ->type_name("NAME");
}

void add_listen(CLI::App& app, loadgen::ManualClientArguments& typed, int& code) {
  CLI::App* listen =
      app.add_subcommand("listen", "Be one client of a stream by hand; print what arrives as JSON lines");
  add_by_hand(*listen, typed);
  listen
      ->add_option(
          "--technique", typed.technique,
          "Its name; default: socketio for /socket.io/, websocket for ws:// and wss://, else the last part of the "
          "path")
      ->type_name("NAME");
  listen->add_option("--last-event-id", typed.last_event_id, "sse: resume after this event")->type_name("ID");
  listen->add_option("--initial-retry", typed.initial_retry, "Time before a reconnect until the server says another")
      ->type_name("TIME")
      ->capture_default_str();
  listen->add_flag("--echo", typed.echo,
                   "websocket: answer every message with the same type and bytes; end when the connection ends");
  listen->add_option("--subprotocol", typed.subprotocols, "websocket: offer this subprotocol; repeatable")
      ->type_name("NAME")
      ->allow_extra_args(false);
  listen
      ->add_option("--deflate", typed.deflate,
                   "websocket: offer permessage-deflate: off; on, as a browser does; no-context-takeover")
      ->check(CLI::IsMember({"off", "on", "no-context-takeover"}))
      ->type_name("MODE")
      ->capture_default_str();
  add_socketio(*listen, typed);
  listen->add_option("--count", typed.count, "End after so many messages and events; default: never")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  listen->footer(kListenHelp);
  listen->callback([&] { code = loadgen::listen_command(typed); });
}

constexpr const char* kFetchHelp = R"(
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

void add_fetch(CLI::App& app, loadgen::ManualClientArguments& typed, int& code) {
  CLI::App* fetch = app.add_subcommand("fetch", "Do one HTTP exchange by hand; print how it goes as JSON lines");
  add_by_hand(*fetch, typed);
  fetch->footer(kFetchHelp);
  fetch->callback([&] { code = loadgen::fetch_command(typed); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Pushbench: load testing and benchmarking for server push. Measures what one publish costs and how long it takes "
      "to reach\n"
      "every subscriber, for polling, long polling, HTTP streaming, forever frames, SSE, WebSocket and Socket.IO.");
  app.footer(kExamples);
  app.set_version_flag("--version", fmt::format("pushbench {}{}{}", loadgen::kVersion,
                                                *loadgen::kCommit == 0 ? "" : " ", loadgen::kCommit));
  app.require_subcommand(1);
  int code = 0;

  loadgen::RunOptions run_options;
  run_options.command = typed_command(argc, argv);
  add_run(app, run_options, code);

  std::vector<std::string> scenarios;
  std::vector<std::string> overrides;
  CLI::App* check = app.add_subcommand(
      "check",
      "Read scenarios, say what they would measure, every error in them, and whether this machine can carry them");
  check->add_option("SCENARIO", scenarios, "Scenario files (YAML)")->required();
  check->add_option("--set", overrides, "Replace a value of the scenario")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  check->footer("\nExample:\n  pushbench check scenarios/quickstart.yaml --set subscribers=5000\n");
  check->callback([&] { code = loadgen::check_command(scenarios, overrides); });

  std::vector<std::string> directories;
  std::string file = "report.html";
  CLI::App* report = app.add_subcommand("report", "Make the HTML report of one or more results");
  report->add_option("DIR", directories, "Folders with a result.json")->required();
  report->add_option("-o,--output", file, "The page")->type_name("FILE")->capture_default_str();
  report->footer("\nExample:\n  pushbench report results/monday results/tuesday -o week.html\n");
  report->callback([&] { code = loadgen::report_command(directories, file); });

  loadgen::ManualClientArguments by_hand;
  add_listen(app, by_hand, code);
  add_fetch(app, by_hand, code);

  std::uint16_t port = 0;
  CLI::App* null_server =
      app.add_subcommand("null-server", "Serve SSE and nothing else on 127.0.0.1: the floor of run --floor, by hand");
  null_server->add_option("--port", port, "0: one that is free")->type_name("N")->capture_default_str();
  null_server->callback([&] { code = loadgen::idle_server_command(port); });

  CLI::App* techniques = app.add_subcommand("techniques", "List the techniques and their options");
  techniques->callback([&] { code = loadgen::techniques_command(); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int shown = app.exit(error);
    return shown == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "pushbench: {}\n", error.what());
    return 3;
  }
  return code;
}
