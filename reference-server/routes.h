// Which request goes where: the techniques, and the routes that belong to none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "server/process.h"
#include "server/technique.h"

namespace server {

class Routes {
 public:
  static constexpr std::uint8_t kNone = UINT8_MAX;
  // `techniques` in the order of the table; `now` reads the clock.
  Routes(Context& context, std::span<const std::unique_ptr<Technique>> techniques, const Process& process,
         wire::Time (*now)());
  std::uint8_t find(Bytes path) const;  // the technique's place in the table, or kNone
  // `technique` is what find() says of the request's path.
  void handle(Connection& connection, const wire::http1::Request& request, std::uint8_t technique);

 private:
  void publish(Connection& connection, const wire::http1::Request& request);
  void answer_options(Connection& connection, const wire::http1::Request& request, Bytes allowed);
  void not_found(Connection& connection, Bytes path);

  Context& context_;
  std::span<const std::unique_ptr<Technique>> techniques_;
  const Process& process_;
  wire::Time (*now_)();
};

}  // namespace server
