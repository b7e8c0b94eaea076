// Which request goes where: the techniques, and the routes that belong to none.
#pragma once

#include <cstdint>

#include "reference-server/http/access.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"

namespace server {

class Routes {
 public:
  // `now` reads the clock.
  Routes(Context& context, Techniques& techniques, const StatsPage& stats_page, wire::Time (*now)());
  // Whether the request would be refused whatever it asks for.
  bool refuses(const wire::http1::Request& request) const { return !access_.objection(request).empty(); }
  // `technique` is what Techniques::find() says of the request's path.
  void handle(Connection& connection, const wire::http1::Request& request, std::uint16_t technique);

 private:
  void answer_stats(Connection& connection, const wire::http1::Request& request);
  void publish(Connection& connection, const wire::http1::Request& request);
  void answer_options(Connection& connection, const wire::http1::Request& request, Bytes allowed);
  void not_found(Connection& connection, Bytes path);

  Context& context_;
  const AccessRules access_;
  Techniques& techniques_;
  const StatsPage& stats_page_;
  wire::Time (*now_)();
};

}  // namespace server
