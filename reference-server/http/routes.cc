#include "reference-server/http/routes.h"

#include <fmt/format.h>

#include <string>

#include "reference-server/http/demo.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/stats.h"
#include "wire/http1/write.h"
#include "wire/text.h"
#include "wire/utf8.h"

namespace server {

namespace http1 = wire::http1;

namespace {

constexpr Bytes kReadOnly = "Allow: GET, HEAD, OPTIONS\r\n";
constexpr Bytes kReadOrPost = "Allow: GET, HEAD, POST, OPTIONS\r\n";
constexpr Bytes kPostOnly = "Allow: POST, OPTIONS\r\n";

// The page asks nobody but this server, runs nothing but its own files, and is nobody's frame (CSP level 3). Its files
// change with the program, so a browser has to ask again.
constexpr Bytes kDemoHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n";

const DemoFile* find_demo_file(Bytes path) {
  for (const DemoFile& file : demo_files()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

bool reads(const http1::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// A media type without its parameters.
bool is_octet_stream(Bytes content_type) {
  Bytes type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return wire::equal_ignoring_case(type, "application/octet-stream");
}

}  // namespace

Routes::Routes(Context& context, Techniques& techniques, const StatsPage& stats_page, wire::Time (*now)())
    : context_(context), access_(context.options), techniques_(techniques), stats_page_(stats_page), now_(now) {}

void Routes::handle(Connection& connection, const http1::Request& request, std::uint16_t technique) {
  if (const std::string objection = access_.objection(request); !objection.empty()) {
    (request.upgrade ? context_.stats.bad_upgrades : context_.stats.bad_requests).add(1);
    return refuse(connection, context_, 403, objection);
  }
  // Of the server as a whole (RFC 9110 section 9.3.7).
  if (request.method == "OPTIONS" && request.path == "*") return answer_options(connection, request, kReadOrPost);
  const bool publishing = request.path == "/publish";
  constexpr std::uint16_t kNone = Techniques::kNone;
  const DemoFile* file = technique == kNone && !publishing ? find_demo_file(request.path) : nullptr;
  const bool page = file != nullptr || request.path == "/stats" || request.path == "/healthz";
  if (technique == kNone && !publishing && !page) return not_found(connection, request.path);
  const bool takes_post = publishing || (technique != kNone && techniques()[technique].takes_post);
  const bool takes_all = technique != kNone && techniques()[technique].takes_all;
  const Bytes allowed = publishing ? kPostOnly : takes_post ? kReadOrPost : kReadOnly;
  if (!takes_all && request.method == "OPTIONS") return answer_options(connection, request, allowed);
  if (!takes_all && (publishing || !reads(request)) && !(takes_post && request.method == "POST")) {
    if (request.upgrade) context_.stats.bad_upgrades.add(1);
    const Bytes method = request.method == "HEAD" ? Bytes("GET") : request.method;  // they are answered alike
    return refuse(connection, context_, 405, fmt::format("{} does not answer {}", request.path, in_quotes(method)),
                  allowed);
  }
  if (technique != kNone) return techniques_.at(technique).on_request(connection, request);
  if (publishing) return publish(connection, request);
  if (request.path == "/healthz") return reply(connection, context_, {.body = "ok\n"});
  if (request.path == "/stats") return answer_stats(connection, request);
  reply(connection, context_, {.content_type = file->content_type, .headers = kDemoHeaders, .body = file->bytes});
}

void Routes::answer_stats(Connection& connection, const http1::Request& request) {
  TopicPage page;
  std::string error;
  if (!parse_topic_page(request, page, error)) return refuse(connection, context_, 400, error);
  const std::string json = stats_page_.json(context_.topics, page, now_());
  reply(connection, context_,
        {.content_type = "application/json", .headers = "Cache-Control: no-store\r\n", .body = json});
}

void Routes::publish(Connection& connection, const http1::Request& request) {
  context_.stats.received.payload.add(request.body.size());
  context_.stats.received.http.subtract(request.body.size());
  std::string topic;
  std::string error;
  if (!parse_topic(request, topic, error)) return refuse(connection, context_, 400, error);
  const bool is_text = !is_octet_stream(request.header("Content-Type")) && wire::is_utf8(request.body);
  const Publication published = context_.publish(topic, request.body, is_text);
  if (published.sequence == 0) return refuse(connection, context_, 503, published.refusal);
  const std::string body = fmt::format("{{\"sequence\":{}}}\n", published.sequence);
  reply(connection, context_, {.content_type = "application/json", .headers = {}, .body = body});
}

// A browser asks so ahead of a request with unusual headers (Fetch standard, CORS-preflight): what it asks for is
// allowed, since with credentials a wildcard would mean nothing.
void Routes::answer_options(Connection& connection, const http1::Request& request, Bytes allowed) {
  std::string headers(allowed);
  if (!context_.options.cors.empty() && request.header("Access-Control-Request-Method").data() != nullptr) {
    headers += "Access-Control-Allow-Methods: GET, HEAD, POST\r\nAccess-Control-Max-Age: 86400\r\n";
    const Bytes wanted = request.header("Access-Control-Request-Headers");
    if (!wanted.empty()) http1::append_header(headers, "Access-Control-Allow-Headers", wanted);
  }
  reply(connection, context_, {.status = 204, .headers = headers});
}

void Routes::not_found(Connection& connection, Bytes path) {
  std::string body = fmt::format("there is no {} here; there are:\nPOST /publish?topic=T\n", in_quotes(path));
  for (const TechniqueInfo& technique : techniques()) {
    if (!technique.conformance) body += fmt::format("GET {}?topic=T&after=N\n", technique.route);
  }
  body += "GET /stats\nGET /healthz\nGET /\n";
  reply(connection, context_, {.status = 404, .body = body});
}

}  // namespace server
