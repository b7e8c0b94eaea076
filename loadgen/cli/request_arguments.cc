#include "loadgen/cli/request_arguments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wire/text.h"
#include "wire/units.h"

namespace loadgen {

void add_request_options(CLI::App& command, RequestArguments& arguments) {
  command.add_option("URL", arguments.url, "The full URL, path and query as typed")->required();
  command
      .add_option("--header", arguments.headers,
                  "A request header, \"Name: value\"; replaces the one that would be sent; repeatable")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  command.add_option("--method", arguments.method, "The request's method; default GET, or POST with --body")
      ->type_name("METHOD");
  command.add_option("--body", arguments.body, "The request's body, as it is")->type_name("TEXT");
  command
      .add_option("--read-timeout", arguments.read_timeout,
                  "A server that sends nothing for so long has failed (\"30s\")")
      ->type_name("TIME");
  command.add_option("--timeout", arguments.timeout, "End after so long (\"1min\"); default: never")->type_name("TIME");
  command
      .add_option("--ca", arguments.ca,
                  "https, wss: trust these certificates only (PEM); default: whom the system trusts")
      ->type_name("FILE");
  command.add_flag("--insecure", arguments.insecure, "https, wss: take any certificate");
  command.add_flag("--pretty", arguments.pretty, "Indented JSON");
}

void ArgumentCheck::wrong(std::string sentence) {
  if (error_.empty()) error_ = std::move(sentence);
}

Nanos ArgumentCheck::duration(std::string_view option, const std::string& typed) {
  if (typed.empty()) return Nanos(0);
  const auto parsed = wire::parse_duration(typed);
  if (!parsed) wrong(fmt::format("{} {}: {}", option, typed, parsed.error));
  return parsed.value.value_or(Nanos(0));
}

// RFC 9110 section 5.1 and 5.5: a token, a colon, and a value without control characters.
void ArgumentCheck::header(const std::string& line) {
  const std::size_t colon = line.find(':');
  const bool controls =
      std::any_of(line.begin(), line.end(), [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
  if (colon == std::string::npos || !wire::is_token(std::string_view(line).substr(0, colon)) || controls)
    wrong(fmt::format("--header '{}': write it as 'Name: value'", line));
}

ManualClientOptions ArgumentCheck::request(const RequestArguments& typed) {
  ManualClientOptions options;
  auto url = wire::parse_url(typed.url);
  if (!url) wrong(fmt::format("'{}' {}", typed.url, url.error));
  if (url) options.url = std::move(*url.value);
  for (const std::string& line : typed.headers) header(line);
  options.headers = typed.headers;
  if (!typed.method.empty() && !wire::is_token(typed.method))
    wrong(fmt::format("--method '{}' is no HTTP method", typed.method));
  options.method = typed.method;
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

}  // namespace loadgen
