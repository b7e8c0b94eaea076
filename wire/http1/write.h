// The few lines of HTTP/1.1 that both programs write.
#pragma once

#include <string>

#include "wire/bytes.h"

namespace wire::http1 {

const char* reason_phrase(int status);
// "HTTP/1.1 200 OK\r\n"
void append_status_line(std::string& out, int status);
// "Name: value\r\n"
void append_header(std::string& out, Bytes name, Bytes value);
// One chunk of chunked transfer coding (RFC 9112 section 7.1); nothing for an empty payload, which would end the body.
void append_chunk(std::string& out, Bytes payload);
inline constexpr Bytes kLastChunk = "0\r\n\r\n";

}  // namespace wire::http1
