#include "wire/http1/header.h"

#include <algorithm>

#include "wire/text.h"

namespace wire::http1 {
namespace {

// "gzip;q=0.000": a weight of nothing but zeros says "not this one".
bool is_refused(Bytes parameters) {
  while (!parameters.empty()) {
    const Bytes parameter = trim(take_until(parameters, ';'));
    if (parameter.size() < 3 || !equal_ignoring_case(parameter.substr(0, 2), "q=")) continue;
    return parameter.find_first_not_of("0.", 2) == Bytes::npos;
  }
  return false;
}

}  // namespace

Bytes find_header(std::span<const Header> headers, Bytes name) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    // A present but empty value must differ from an absent one, whatever the view was made from.
    const Bytes value = trim(header.value);
    return value.data() != nullptr ? value : Bytes("");
  }
  return {};
}

std::size_t count_headers(std::span<const Header> headers, Bytes name) {
  return static_cast<std::size_t>(std::count_if(
      headers.begin(), headers.end(), [name](const Header& header) { return equal_ignoring_case(header.name, name); }));
}

bool accepts_coding(std::span<const Header> headers, Bytes coding) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, "Accept-Encoding")) continue;
    for (Bytes rest = header.value; !rest.empty();) {
      Bytes choice = take_until(rest, ',');
      if (equal_ignoring_case(trim(take_until(choice, ';')), coding)) return !is_refused(choice);
    }
  }
  return false;
}

bool header_has_token(std::span<const Header> headers, Bytes name, Bytes token) {
  for (const Header& header : headers) {
    if (!equal_ignoring_case(header.name, name)) continue;
    for (Bytes rest = header.value; !rest.empty();) {
      if (equal_ignoring_case(trim(take_until(rest, ',')), token)) return true;
    }
  }
  return false;
}

}  // namespace wire::http1
