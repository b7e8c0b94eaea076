// The headers of a handshake, as an offer and as an answer: whatever is agreed must be what the other side would read.
#include <cstdint>
#include <cstdlib>

#include "wire/websocket/extensions.h"

using wire::Bytes;
using namespace wire::websocket;

namespace {

bool possible(Deflate::Direction direction) {
  return direction.window_bits >= 8 && direction.window_bits <= 15;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Byte 0: what the server is willing to do and what the client offers; the rest: the header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto offers = parse_extensions(text)) {
    const auto answer = answer_deflate(*offers, {.accept = true, .takeover = (data[0] & 1) != 0});
    if (answer) {
      check(possible(answer->deflate.to_client) && possible(answer->deflate.to_server));
      check(parse_extensions(answer->header)->size() == 1);
    }
  }
  const auto bits = static_cast<std::uint8_t>(data[0] >> 4);
  const DeflateOffer offer{(data[0] & 2) != 0, (data[0] & 4) != 0, bits >= 8 ? bits : std::uint8_t{0},
                           (data[0] & 8) != 0 ? std::uint8_t{15} : std::uint8_t{0}};
  const DeflateAgreement agreement = check_deflate(&offer, text);
  if (agreement.deflate) {
    check(agreement.error.empty() && possible(agreement.deflate->to_client) && possible(agreement.deflate->to_server));
  }
  // What we offer, we accept; and the answer to it is one that we take.
  const auto own = answer_deflate(*parse_extensions(offer.header()), {.accept = true, .takeover = (data[0] & 1) != 0});
  check(own.has_value() && check_deflate(&offer, own->header).error.empty());
  (void)choose_subprotocol(text, {"chat", "a"});
  return 0;
}
