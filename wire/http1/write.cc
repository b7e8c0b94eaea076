#include "wire/http1/write.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace wire::http1 {
namespace {

// Of the registry (RFC 9110 section 15, RFC 6585), those a server of ours or its peer may send; in order of the code.
struct Reason {
  int status;
  const char* phrase;
};
constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

const char* reason_phrase(int status) {
  const auto* found = std::lower_bound(std::begin(kReasons), std::end(kReasons), status,
                                       [](const Reason& reason, int wanted) { return reason.status < wanted; });
  return found != std::end(kReasons) && found->status == status ? found->phrase : "Unknown";
}

void append_status_line(std::string& out, int status) {
  char digits[12];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, status);
  out.append("HTTP/1.1 ").append(digits, end).append(" ").append(reason_phrase(status)).append("\r\n");
}

void append_header(std::string& out, Bytes name, Bytes value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_chunk(std::string& out, Bytes payload) {
  if (payload.empty()) return;
  char digits[16];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, payload.size(), 16);
  out.append(digits, end).append("\r\n").append(payload).append("\r\n");
}

}  // namespace wire::http1
