// Which request goes where: the techniques, and the routes that belong to none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "reference-server/http/access.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/seam/technique.h"

namespace server {

class Routes {
 public:
  static constexpr std::uint16_t kNone = UINT16_MAX;
  // `techniques` in the order of the table; `now` reads the clock.
  Routes(Context& context, std::span<const std::unique_ptr<Technique>> techniques, const StatsPage& stats_page,
         wire::Time (*now)());
  std::uint16_t find(Bytes path) const;  // the technique's index in the table, or kNone
  // Whether the request would be refused whatever it asks for.
  bool refuses(const wire::http1::Request& request) const { return !access_.objection(request).empty(); }
  // `technique` is what find() says of the request's path.
  void handle(Connection& connection, const wire::http1::Request& request, std::uint16_t technique);

 private:
  void answer_stats(Connection& connection, const wire::http1::Request& request);
  void publish(Connection& connection, const wire::http1::Request& request);
  void answer_options(Connection& connection, const wire::http1::Request& request, Bytes allowed);
  void not_found(Connection& connection, Bytes path);

  Context& context_;
  const AccessRules access_;
  std::span<const std::unique_ptr<Technique>> techniques_;
  const StatsPage& stats_page_;
  wire::Time (*now_)();
};

}  // namespace server
