#include "wire/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace wire {
namespace {

struct Scheme {
  std::string_view name;
  std::uint16_t port;
};
constexpr std::array<Scheme, 4> kSchemes = {{{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};

constexpr std::string_view kNoUrl = "must be a URL such as http://127.0.0.1:8080/path";
constexpr std::string_view kNoHost = "has no valid host: http://HOST:PORT/PATH";

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_host(std::string_view host) {
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; });
}

bool is_ipv6(std::string_view host) {
  return !host.empty() && host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// "scheme:" in front (RFC 3986 section 3.1), or nothing.
std::string_view scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const std::string_view name = text.substr(0, colon);
  const bool good =
      std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '+' || c == '-' || c == '.'; });
  return good && (name[0] < '0' || name[0] > '9') ? name : std::string_view();
}

// Host and port of `authority`; returns what is wrong, or "".
std::string_view split_authority(std::string_view authority, Url& url) {
  const bool ipv6 = authority.starts_with('[');
  const std::size_t end = ipv6 ? authority.find(']') : authority.find(':');
  if (ipv6 && end == std::string_view::npos) return kNoHost;
  const std::string_view host = ipv6 ? authority.substr(1, end - 1) : authority.substr(0, end);
  if (ipv6 ? !is_ipv6(host) : !is_host(host)) return kNoHost;
  const std::string_view port = end == std::string_view::npos ? "" : authority.substr(ipv6 ? end + 1 : end);
  if (!port.empty()) {
    const char* const last = port.data() + port.size();
    const auto [rest, error] = std::from_chars(port.data() + 1, last, url.port);
    if (port[0] != ':' || error != std::errc() || rest != last || url.port == 0) return "its port is not 1 to 65535";
  }
  url.host = host;
  url.authority = authority;
  return {};
}

Parsed<Url> refuse(std::string_view why) {
  return {std::nullopt, std::string(why)};
}

// Takes "." and ".." out of an absolute path (RFC 3986 section 5.2.4).
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with its leading slash
    path.remove_prefix(end);
    if (segment == "/.." && !out.empty()) out.erase(out.rfind('/'));
    if (segment != "/." && segment != "/..") {
      out += segment;
    } else if (path.empty()) {
      out += '/';
    }
  }
  return out;
}

}  // namespace

std::string Url::host_port() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Parsed<Url> parse_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  Url url;
  url.scheme = lower(scheme_of(text));
  const auto* const scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [&](const Scheme& s) { return s.name == url.scheme; });
  if (scheme == kSchemes.end() || !text.substr(url.scheme.size()).starts_with("://")) return refuse(kNoUrl);
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; })) {
    return refuse("has blanks or characters that are not ASCII: write them percent-encoded");
  }
  url.port = scheme->port;
  std::string_view rest = text.substr(url.scheme.size() + 3);
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  if (const auto wrong = split_authority(rest.substr(0, end), url); !wrong.empty()) return refuse(wrong);
  rest.remove_prefix(end);
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return {std::move(url), {}};
}

bool is_ip_literal(std::string_view host) {
  const std::string text(host);
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool is_loopback_host(std::string_view host) {
  const std::string text = lower(host);
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == IN_LOOPBACKNET);
  }
  return text == "localhost" || text.ends_with(".localhost");
}

Parsed<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (!scheme_of(reference).empty()) return parse_url(reference);
  const std::string scheme = base.scheme + ":";
  if (reference.starts_with("//")) return parse_url(scheme + std::string(reference));
  const std::string origin = scheme + "//" + base.authority;
  if (reference.empty()) return parse_url(origin + base.target);
  if (reference.starts_with('?')) return parse_url(origin + std::string(base.path()) + std::string(reference));
  const std::size_t query = std::min(reference.find('?'), reference.size());
  std::string path(reference.substr(0, query));
  if (!path.starts_with('/')) path = std::string(base.path().substr(0, base.path().rfind('/') + 1)) + path;
  return parse_url(origin + remove_dot_segments(path) + std::string(reference.substr(query)));
}

}  // namespace wire
