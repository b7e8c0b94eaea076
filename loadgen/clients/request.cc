#include "loadgen/clients/request.h"

#include <algorithm>

#include "wire/http1/header.h"
#include "wire/http1/write.h"
#include "wire/text.h"

namespace loadgen {

namespace http1 = wire::http1;

namespace {

constexpr Bytes kCursor = "after";

// Takes the text before the first `mark` off `rest`, and the mark.
Bytes cut(Bytes& rest, Bytes mark) {
  const std::size_t end = rest.find(mark);
  const Bytes part = rest.substr(0, end);
  rest = end == Bytes::npos ? Bytes() : rest.substr(end + mark.size());
  return part;
}

Bytes name_of(Bytes text, char mark) {
  return text.substr(0, text.find(mark));
}

bool has_parameter(Bytes query, Bytes name) {
  while (!query.empty()) {
    if (name_of(cut(query, "&"), '=') == name) return true;
  }
  return false;
}

template <std::size_t N>
bool is_one_of(Bytes name, const Bytes (&names)[N]) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](Bytes one) { return wire::equal_ignoring_case(one, name); });
}

constexpr Bytes kOfTheBody[] = {"Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Expect"};

void append_technique_headers(std::string& out, Bytes lines, Bytes replaced_by, bool without_body) {
  if (replaced_by.empty() && !without_body) {
    out.append(lines);
    return;
  }
  while (!lines.empty()) {
    const Bytes line = cut(lines, "\r\n");
    const Bytes name = name_of(line, ':');
    if (has_header(replaced_by, name) || (without_body && is_one_of(name, kOfTheBody))) continue;
    out.append(line).append("\r\n");
  }
}

void append_plan_headers(std::string& out, Bytes lines, const Destination* destination) {
  constexpr Bytes kOfThisServer[] = {"Host", "Authorization", "Cookie"};
  while (!lines.empty()) {
    const Bytes line = cut(lines, "\r\n");
    const Bytes name = name_of(line, ':');
    if (destination != nullptr && destination->redirect_target && is_one_of(name, kOfThisServer)) continue;
    if (destination != nullptr && destination->as_get && is_one_of(name, kOfTheBody)) continue;
    out.append(line).append("\r\n");
  }
}

bool has_meaning_for_a_body(Bytes method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

bool has_header(Bytes lines, Bytes name) {
  while (!lines.empty()) {
    if (wire::equal_ignoring_case(name_of(cut(lines, "\r\n"), ':'), name)) return true;
  }
  return false;
}

void append_path(std::string& out, Bytes path, Bytes topic) {
  constexpr Bytes kTopic = "{topic}";
  for (std::size_t at = 0; (at = path.find(kTopic)) != Bytes::npos; path.remove_prefix(at + kTopic.size()))
    out.append(path.substr(0, at)).append(topic);
  out.append(path);
}

void append_target(std::string& out, Bytes target, Bytes query) {
  if (query.empty()) {
    out.append(target);
    return;
  }
  Bytes typed = target;
  out.append(cut(typed, "?"));
  char mark = '?';
  const auto add = [&](Bytes parameter) { out.append(1, std::exchange(mark, '&')).append(parameter); };
  for (Bytes rest = typed; !rest.empty();) {
    const Bytes parameter = cut(rest, "&");
    if (name_of(parameter, '=') != kCursor || !has_parameter(query, kCursor)) add(parameter);
  }
  while (!query.empty()) {
    const Bytes parameter = cut(query, "&");
    const Bytes name = name_of(parameter, '=');
    if (!parameter.empty() && (name == kCursor || !has_parameter(typed, name))) add(parameter);
  }
}

void append_request(std::string& out, const SessionConfig& plan, const RequestText& request,
                    const Destination* destination) {
  const bool as_get = destination != nullptr && destination->as_get;
  const bool own_method = !request.method.empty();
  const Bytes asked = own_method ? request.method : Bytes(plan.method);
  const Bytes method = as_get || asked.empty() ? Bytes("GET") : asked;
  const Bytes body = as_get ? Bytes() : own_method ? request.body : Bytes(plan.body);
  out.append(method).append(" ");
  if (destination != nullptr || !plan.target.empty()) {
    thread_local std::string path;
    path.clear();
    append_path(path, plan.target, request.topic);
    append_target(out, destination != nullptr ? destination->target : Bytes(path), request.query);
  } else {
    out.append(plan.base_path).append(request.route).append("?topic=").append(request.topic).append(request.query);
  }
  out.append(" HTTP/1.1\r\n");
  const bool redirect_target = destination != nullptr && destination->redirect_target;
  if (redirect_target || !has_header(plan.headers, "Host")) {
    out.append("Host: ").append(redirect_target ? destination->authority : Bytes(plan.authority)).append("\r\n");
  }
  append_technique_headers(out, request.headers, plan.headers, as_get);
  append_plan_headers(out, plan.headers, destination);
  const bool framed = has_header(plan.headers, "Content-Length") || has_header(plan.headers, "Transfer-Encoding");
  if ((!body.empty() || has_meaning_for_a_body(method)) && !framed) {
    http1::append_header(out, "Content-Length", std::to_string(body.size()));
  }
  out.append("\r\n").append(body);
}

}  // namespace loadgen
