#include "reference-server/seam/reply.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "reference-server/options.h"
#include "reference-server/stats.h"
#include "wire/http1/request.h"
#include "wire/http1/target.h"
#include "wire/http1/write.h"

namespace server {

namespace http1 = wire::http1;

namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_connection_header(std::string& out, const Exchange& exchange) {
  if (!exchange.keep_alive) {
    out += "Connection: close\r\n";
  } else if (exchange.http10) {
    out += "Connection: keep-alive\r\n";
  }
}

// RFC 9110 section 8.6: no Content-Length in 1xx and 204; in 304 it would be the one of the answer that is not sent.
bool has_length(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

void append_head(std::string& out, const Exchange& exchange, const Answer& answer, Bytes common_headers) {
  http1::append_status_line(out, answer.status);
  if (has_length(answer.status)) {
    if (!answer.content_type.empty()) http1::append_header(out, "Content-Type", answer.content_type);
    out += "Content-Length: ";
    append_number(out, answer.body.size());
    out += "\r\n";
  }
  append_connection_header(out, exchange);
  out += answer.headers;
  out += common_headers;
  out += "\r\n";
}

void append_stream_head(std::string& out, const Exchange& exchange, Bytes headers, Bytes common_headers) {
  http1::append_status_line(out, 200);
  out += headers;
  out += exchange.http10 ? "Connection: close\r\n" : "Transfer-Encoding: chunked\r\n";
  out += common_headers;
  out += "\r\n";
}

void reply(Connection& connection, Context& context, const Answer& answer) {
  const Exchange exchange = connection.exchange();
  std::string out;
  out.reserve(256 + answer.headers.size() + answer.body.size());
  append_head(out, exchange, answer, context.common_headers());
  if (!exchange.head_only) out += answer.body;
  context.stats.sent.http.add(out.size());
  connection.send(Bytes(out));
  connection.finish_response();
}

void refuse(Connection& connection, Context& context, int status, Bytes sentence, Bytes headers) {
  std::string body(sentence);
  body += '\n';
  reply(connection, context, {.status = status, .headers = headers, .body = body});
}

std::string in_quotes(Bytes text) {
  constexpr std::size_t kShown = 60;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  out += text.size() > kShown ? "...\"" : "\"";
  return out;
}

std::optional<std::uint64_t> parse_number(Bytes text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool parse_topic(const http1::Request& request, std::string& topic, std::string& error) {
  if (!http1::query_value(request.query, "topic", topic) || topic.empty()) {
    error = "the query needs a topic, as in " + std::string(request.path) + "?topic=news";
    return false;
  }
  if (topic.size() > kMaxTopicName) {
    error = fmt::format("the topic's name has {} bytes, {} are allowed", topic.size(), kMaxTopicName);
    return false;
  }
  return true;
}

bool parse_subscription(const http1::Request& request, Subscription& subscription, std::string& error) {
  if (!parse_topic(request, subscription.topic, error)) return false;
  std::string after;
  if (!http1::query_value(request.query, "after", after)) return true;
  subscription.after = parse_number(after);
  if (!subscription.after) {
    error = "after=" + in_quotes(after) + " is not a sequence number (decimal digits)";
    return false;
  }
  return true;
}

void append_cursor_header(std::string& out, std::uint64_t cursor) {
  out += "Pushbench-Cursor: ";
  append_number(out, cursor);
  out += "\r\n";
}

}  // namespace server
