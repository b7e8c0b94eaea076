// Whose requests are answered. A browser asks in the name of whatever page it shows: a page of a foreign site must
// neither publish to a server on its reader's machine nor read from it, and neither may a page whose own name has been
// pointed to this machine since it was loaded (DNS rebinding).
#pragma once

#include <string>
#include <vector>

#include "reference-server/options.h"
#include "wire/http1/request.h"

namespace server {

class AccessRules {
 public:
  explicit AccessRules(const Options& options);
  // Empty, or the sentence to refuse the request with (403).
  std::string objection(const wire::http1::Request& request) const;

 private:
  bool answers_to(wire::Bytes host_header) const;
  bool takes_pages_of(wire::Bytes origin, wire::Bytes host_header) const;

  std::vector<std::string> hosts_;    // names beside those that always pass; "*": all
  std::vector<std::string> origins_;  // the same of pages
};

}  // namespace server
