#include "wire/websocket/extensions.h"

#include <algorithm>
#include <utility>

#include "wire/text.h"

namespace wire::websocket {
namespace {

constexpr Bytes kDeflate = "permessage-deflate";
constexpr Bytes kServerNoTakeover = "server_no_context_takeover";
constexpr Bytes kClientNoTakeover = "client_no_context_takeover";
constexpr Bytes kServerBits = "server_max_window_bits";
constexpr Bytes kClientBits = "client_max_window_bits";
constexpr std::uint8_t kMostBits = 15;

// Reads a header's value from left to right.
class Scanner {
 public:
  explicit Scanner(Bytes text) : rest_(text) {}
  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }
  bool take(char mark) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != mark) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string token() {
    skip_blanks();
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_char);
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    std::string text(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return text;
  }
  // A token, or a quoted string that is one when unquoted (RFC 6455 section 9.1); empty when it is neither.
  std::string value() {
    if (!take('"')) return token();
    std::string text;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return {};
      text.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return take('"') && is_token(text) ? text : std::string();
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  Bytes rest_;
};

bool read_parameter(Scanner& scanner, Extension& extension) {
  Extension::Parameter parameter{scanner.token(), {}};
  if (parameter.name.empty()) return false;
  if (scanner.take('=')) {
    parameter.value = scanner.value();
    if (parameter.value->empty()) return false;
  }
  extension.parameters.push_back(std::move(parameter));
  return true;
}

// The four parameters of one offer or answer. `bits`: 0 when the parameter is absent.
struct Parameters {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  std::uint8_t server_bits = 0;
  std::uint8_t client_bits = 0;
  bool client_bits_open = false;  // client_max_window_bits without a value
};

// 8 to 15, decimal, no leading zero (RFC 7692 section 7.1.2.1); 0 for anything else.
std::uint8_t window_bits(const std::optional<std::string>& value) {
  if (!value) return 0;
  if (*value == "8" || *value == "9") return static_cast<std::uint8_t>((*value)[0] - '0');
  const bool two = value->size() == 2 && (*value)[0] == '1' && (*value)[1] >= '0' && (*value)[1] <= '5';
  return two ? static_cast<std::uint8_t>(10 + (*value)[1] - '0') : std::uint8_t{0};
}

bool take_parameter(const Extension::Parameter& parameter, Parameters& all) {
  if (parameter.name == kServerNoTakeover) {
    return !parameter.value && !std::exchange(all.server_no_takeover, true);
  }
  if (parameter.name == kClientNoTakeover) {
    return !parameter.value && !std::exchange(all.client_no_takeover, true);
  }
  if (parameter.name == kServerBits) {
    return std::exchange(all.server_bits, window_bits(parameter.value)) == 0 && all.server_bits != 0;
  }
  if (parameter.name != kClientBits || all.client_bits != 0 || all.client_bits_open) return false;
  all.client_bits_open = !parameter.value;
  all.client_bits = window_bits(parameter.value);
  return all.client_bits_open || all.client_bits != 0;
}

// Absent when a parameter is unknown, doubled or has a wrong value (RFC 7692 section 7.1).
std::optional<Parameters> read_parameters(const Extension& extension) {
  Parameters all;
  for (const Extension::Parameter& parameter : extension.parameters) {
    if (!take_parameter(parameter, all)) return std::nullopt;
  }
  return all;
}

void append_parameter(std::string& out, Bytes name, unsigned bits = 0) {
  out.append("; ").append(name);
  if (bits != 0) out.append("=").append(std::to_string(bits));
}

DeflateAnswer answer_to(const Parameters& offer, DeflatePolicy policy) {
  DeflateAnswer answer;
  answer.header = kDeflate;
  answer.deflate.to_client.takeover = policy.takeover && !offer.server_no_takeover;
  answer.deflate.to_server.takeover = policy.takeover && !offer.client_no_takeover;
  if (!answer.deflate.to_client.takeover) append_parameter(answer.header, kServerNoTakeover);
  if (!answer.deflate.to_server.takeover) append_parameter(answer.header, kClientNoTakeover);
  if (offer.server_bits != 0) {
    answer.deflate.to_client.window_bits = offer.server_bits;
    append_parameter(answer.header, kServerBits, offer.server_bits);
  }
  if (offer.client_bits != 0) {
    answer.deflate.to_server.window_bits = offer.client_bits;
    append_parameter(answer.header, kClientBits, offer.client_bits);
  }
  return answer;
}

// Empty when `answer` is one that sections 7.1.1 and 7.1.2 allow to `offer`.
std::string wrong_with(const DeflateOffer& offer, const Parameters& answer) {
  if (offer.server_no_context_takeover && !answer.server_no_takeover)
    return "the server keeps its context all the same";
  if (offer.server_max_window_bits != 0 &&
      (answer.server_bits == 0 || answer.server_bits > offer.server_max_window_bits)) {
    return "the server's window is larger than asked for";
  }
  if (answer.client_bits_open) return "client_max_window_bits without a value";
  if (answer.client_bits != 0 && offer.client_max_window_bits == 0) return "client_max_window_bits was not offered";
  if (answer.client_bits > offer.client_max_window_bits) return "client_max_window_bits is larger than offered";
  return {};
}

}  // namespace

std::string joined_header(std::span<const http1::Header> headers, Bytes name) {
  std::string all;
  for (const http1::Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    if (!all.empty()) all += ", ";
    all += header.value;
  }
  return all;
}

std::optional<std::vector<Extension>> parse_extensions(Bytes text) {
  std::vector<Extension> extensions;
  Scanner scanner(text);
  while (!scanner.at_end()) {
    if (scanner.take(',')) continue;  // an empty element of a list (RFC 9110 section 5.6.1.2)
    Extension extension;
    extension.name = scanner.token();
    if (extension.name.empty()) return std::nullopt;
    while (scanner.take(';')) {
      if (!read_parameter(scanner, extension)) return std::nullopt;
    }
    extensions.push_back(std::move(extension));
    if (!scanner.at_end() && !scanner.take(',')) return std::nullopt;
  }
  return extensions;
}

std::optional<DeflateAnswer> answer_deflate(const std::vector<Extension>& offers, DeflatePolicy policy) {
  if (!policy.accept) return std::nullopt;
  for (const Extension& extension : offers) {
    if (extension.name != kDeflate) continue;
    if (const auto offer = read_parameters(extension)) return answer_to(*offer, policy);
  }
  return std::nullopt;
}

std::string DeflateOffer::header() const {
  std::string text(kDeflate);
  if (server_no_context_takeover) append_parameter(text, kServerNoTakeover);
  if (client_no_context_takeover) append_parameter(text, kClientNoTakeover);
  if (server_max_window_bits != 0) append_parameter(text, kServerBits, server_max_window_bits);
  if (client_max_window_bits != 0) {
    append_parameter(text, kClientBits, client_max_window_bits == kMostBits ? 0 : client_max_window_bits);
  }
  return text;
}

DeflateAgreement check_deflate(const DeflateOffer* offer, Bytes answer) {
  const auto extensions = parse_extensions(answer);
  if (!extensions) return {{}, "Sec-WebSocket-Extensions is malformed"};
  if (extensions->empty()) return {};
  if (offer == nullptr || extensions->size() > 1 || extensions->front().name != kDeflate)
    return {{}, "an extension that was not asked for"};
  const auto parameters = read_parameters(extensions->front());
  if (!parameters) return {{}, "parameters of permessage-deflate that are none"};
  if (std::string error = wrong_with(*offer, *parameters); !error.empty()) return {{}, "permessage-deflate: " + error};
  Deflate deflate;
  deflate.to_client.takeover = !parameters->server_no_takeover;
  deflate.to_client.window_bits = parameters->server_bits != 0 ? parameters->server_bits : kMostBits;
  deflate.to_server.takeover = !parameters->client_no_takeover && !offer->client_no_context_takeover;
  const std::uint8_t own = offer->client_max_window_bits != 0 ? offer->client_max_window_bits : kMostBits;
  deflate.to_server.window_bits = parameters->client_bits != 0 ? parameters->client_bits : own;
  return {deflate, {}};
}

std::string_view choose_subprotocol(Bytes offered, const std::vector<std::string>& known) {
  Scanner scanner(offered);
  while (!scanner.at_end()) {
    if (scanner.take(',')) continue;
    const std::string name = scanner.token();
    if (name.empty()) return {};
    const auto found = std::find(known.begin(), known.end(), name);
    if (found != known.end()) return *found;
  }
  return {};
}

}  // namespace wire::websocket
