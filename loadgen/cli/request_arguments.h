// What a person types about the request of `pushbench listen` and `pushbench fetch`, and the check of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadgen/cli/manual_client.h"

namespace CLI {
class App;
}

namespace loadgen {

// As typed.
struct RequestArguments {
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string method;
  std::string body;
  std::string read_timeout;
  std::string timeout;
  std::string ca;
  bool insecure = false;
  bool pretty = false;
};

// `arguments` must live until `command` has parsed.
void add_request_options(CLI::App& command, RequestArguments& arguments);

// Keeps the first sentence about what is wrong with what was typed.
class ArgumentCheck {
 public:
  void wrong(std::string sentence);
  const std::string& error() const { return error_; }  // empty: nothing is wrong

  ManualClientOptions request(const RequestArguments& typed);
  Nanos duration(std::string_view option, const std::string& typed);  // 0 when nothing was typed

 private:
  void header(const std::string& line);

  std::string error_;
};

}  // namespace loadgen
