// The text of a request. One place, so that the headers, the method and the target that a plan or a redirect prescribes
// hold for every technique.
#pragma once

#include <string>

#include "loadgen/clients/technique.h"

namespace loadgen {

struct RequestText {
  Bytes route;  // "/sse"; the target is <base path><route>?topic=<topic><query> unless the plan names one
  Bytes topic;
  Bytes query;    // "&after=5&hold=0", or empty: what this very request asks for
  Bytes headers;  // whole lines that the technique sends by itself; the plan's replace those of the same name
  Bytes method;   // empty: the plan's
  Bytes body{};   // with a method of the technique's own
};

// Where a redirect leads.
struct Destination {
  Bytes authority;
  Bytes target;
  bool redirect_target = false;  // another server: what is secret stays at home (Fetch standard, HTTP-redirect fetch)
  bool as_get = false;           // 303, and 301 or 302 after POST: without a body
};

// Appends request line, Host, headers, blank line and body.
void append_request(std::string& out, const SessionConfig& plan, const RequestText& request,
                    const Destination* destination = nullptr);

// Appends `path` with the topic in the place of each "{topic}".
void append_path(std::string& out, Bytes path, Bytes topic);

// Whether there is a line "NAME: …" among whole header lines.
bool has_header(Bytes lines, Bytes name);

// `target` as typed, with `query`: a cursor ("after") replaces the one typed, of every other parameter the typed one
// stays.
void append_target(std::string& out, Bytes target, Bytes query);

}  // namespace loadgen
