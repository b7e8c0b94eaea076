#include "server/routes.h"

#include <fmt/format.h>

#include <utility>

#include "server/options.h"
#include "server/reply.h"
#include "server/stats.h"
#include "wire/utf8.h"

namespace server {

namespace http1 = wire::http1;

namespace {

constexpr Bytes kReadOnly = "Allow: GET, HEAD\r\n";
constexpr Bytes kReadOrPost = "Allow: GET, HEAD, POST\r\n";
constexpr Bytes kPostOnly = "Allow: POST\r\n";

bool reads(const http1::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// A media type without its parameters.
bool is_octet_stream(Bytes content_type) {
  Bytes type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return http1::equal_ignoring_case(type, "application/octet-stream");
}

}  // namespace

Routes::Routes(Context& context, std::span<const std::unique_ptr<Technique>> techniques, const Process& process,
               wire::Time (*now)(), std::string url)
    : context_(context), techniques_(techniques), process_(process), now_(now), url_(std::move(url)) {}

std::uint8_t Routes::find(Bytes path) const {
  const auto table = techniques();
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].route == path) return static_cast<std::uint8_t>(i);
  }
  return kNone;
}

void Routes::handle(Connection& connection, const http1::Request& request) {
  const std::uint8_t technique = find(request.path);
  const bool publishing = request.path == "/publish";
  const bool page = request.path == "/stats" || request.path == "/healthz" || request.path == "/";
  if (technique == kNone && !publishing && !page) return not_found(connection, request.path);
  if (request.method == "OPTIONS" && !context_.options.cors.empty()) return preflight(connection);
  const bool takes_post = publishing || (technique != kNone && techniques()[technique].takes_post);
  if ((publishing || !reads(request)) && !(takes_post && request.method == "POST")) {
    const Bytes allowed = publishing ? kPostOnly : takes_post ? kReadOrPost : kReadOnly;
    return refuse(connection, context_, 405, fmt::format("{} does not answer {}", request.path, quoted(request.method)),
                  allowed);
  }
  if (technique != kNone) return techniques_[technique]->on_request(connection, request);
  if (publishing) return publish(connection, request);
  if (request.path == "/healthz") return reply(connection, context_, {.body = "ok\n"});
  if (request.path == "/stats") {
    const std::string json = process_.stats_json(context_.topics, now_());
    return reply(connection, context_,
                 {.content_type = "application/json", .headers = "Cache-Control: no-store\r\n", .body = json});
  }
  const std::string html = index_page();
  reply(connection, context_, {.content_type = "text/html; charset=utf-8", .body = html});
}

void Routes::publish(Connection& connection, const http1::Request& request) {
  context_.stats.received.payload.add(request.body.size());
  context_.stats.received.http.subtract(request.body.size());
  std::string topic;
  std::string error;
  if (!parse_topic(request, topic, error)) return refuse(connection, context_, 400, error);
  const bool is_text = !is_octet_stream(request.header("Content-Type")) && wire::is_utf8(request.body);
  const std::uint64_t sequence = context_.publish(topic, std::string(request.body), is_text);
  if (sequence == 0) return refuse(connection, context_, 503, "too many topics");
  reply(connection, context_,
        {.content_type = "application/json", .headers = {}, .body = fmt::format("{{\"sequence\":{}}}\n", sequence)});
}

// The request that a browser sends ahead of one with unusual headers (Fetch standard, CORS-preflight).
void Routes::preflight(Connection& connection) {
  reply(connection, context_,
        {.status = 204,
         .headers = "Access-Control-Allow-Methods: GET, HEAD, POST\r\n"
                    "Access-Control-Allow-Headers: Content-Type, Cache-Control, Last-Event-ID\r\n"
                    "Access-Control-Max-Age: 86400\r\n"});
}

void Routes::not_found(Connection& connection, Bytes path) {
  std::string body = fmt::format("there is no {} here; there are:\nPOST /publish?topic=T\n", quoted(path));
  for (const TechniqueInfo& technique : techniques()) body += fmt::format("GET {}?topic=T&after=N\n", technique.route);
  body += "GET /stats\nGET /healthz\nGET /\n";
  reply(connection, context_, {.status = 404, .body = body});
}

std::string Routes::index_page() const {
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>reference-server</title>\n"
      "<h1>reference-server</h1>\n<p>Every push technique over one topic log, for measuring them against each "
      "other.</p>\n"
      "<h2>Publish</h2>\n<pre>";
  html += fmt::format("curl --data 'hello' '{}/publish?topic=news'</pre>\n<h2>Subscribe</h2>\n<pre>", url_);
  for (const TechniqueInfo& technique : techniques()) {
    if (technique.name == "websocket") {
      html += fmt::format("npx wscat --connect 'ws{}{}?topic=news&amp;after=0'\n", url_.substr(4), technique.route);
    } else {
      html += fmt::format("curl --no-buffer '{}{}?topic=news&amp;after=0'\n", url_, technique.route);
    }
  }
  html +=
      "</pre>\n<p><code>after=N</code>: everything with a greater sequence; without it, what is published from now "
      "on.</p>\n"
      "<p><a href=\"/stats\">/stats</a> <a href=\"/healthz\">/healthz</a></p>\n</html>\n";
  return html;
}

}  // namespace server
