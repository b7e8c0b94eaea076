// Answers of the HTTP side, and what requests of every technique have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reference-server/seam/technique.h"

namespace server {

struct Answer {
  int status = 200;
  Bytes content_type = "text/plain; charset=utf-8";
  Bytes headers = {};  // whole lines, CRLF included
  Bytes body = {};
};

// The head that goes before `answer.body`, Content-Length and connection headers included.
void append_head(std::string& out, const Exchange& exchange, const Answer& answer, Bytes common_headers);
// The head of a body without end: chunked, or until close for HTTP/1.0.
void append_stream_head(std::string& out, const Exchange& exchange, Bytes headers, Bytes common_headers);

// Sends the whole answer, counts its bytes as HTTP, and finishes the response.
void reply(Connection& connection, Context& context, const Answer& answer);
// An error in one sentence.
void refuse(Connection& connection, Context& context, int status, Bytes sentence, Bytes headers = {});

// ?topic=T&after=N. `after` absent: only what is published from now on.
struct Subscription {
  std::string topic;
  std::optional<std::uint64_t> after;
};
// Fills `subscription` and is true, or leaves in `error` a sentence for 400.
bool parse_topic(const wire::http1::Request& request, std::string& topic, std::string& error);
bool parse_subscription(const wire::http1::Request& request, Subscription& subscription, std::string& error);
// Decimal digits and nothing else.
std::optional<std::uint64_t> parse_number(Bytes text);
// `text` in quotes, cut to a readable length, without control characters.
std::string in_quotes(Bytes text);
// "Pushbench-Cursor: N\r\n"
void append_cursor_header(std::string& out, std::uint64_t cursor);

}  // namespace server
