// How a feed puts bytes on the wire: chunks, compression, and what is counted of them.
#include <string>
#include <utility>

#include "server/feed.h"
#include "server/stats.h"
#include "wire/http1.h"

namespace server {

void Feed::end(Connection& connection) {
  if (framing_ != Framing::kNone) {
    std::string last;
    if (framing_ == Framing::kGzip) {
      std::string trailer;
      wire::gzip::append_trailer(trailer, static_cast<Subscriber&>(*connection.state()).body_);
      wire::http1::append_chunk(last, trailer);
    }
    last += wire::http1::kLastChunk;
    context_.stats.sent.framing.add(last.size());
    connection.send(Bytes(last));
  }
  connection.close();
}

void Feed::send_to_quiet(Bytes bytes) {
  const Sealed sealed = seal(std::string(bytes));
  for (const auto& place : places_) {
    if (place == nullptr || place->idle()) continue;
    place->wrote_ = !place->wrote_;  // quiet since the last call: written to now
    if (!place->wrote_) continue;
    for (Connection* connection : place->live_) {
      if (connection->stalled()) continue;
      send(*connection, sealed);
      count_sent(sealed, 1, 0, 0);
    }
  }
}

Feed::Sealed Feed::seal(std::string bytes) const {
  if (framing_ == Framing::kNone) return {SharedBytes(std::move(bytes)), {}};
  Sealed sealed;
  if (framing_ == Framing::kGzip) {
    sealed.sum = wire::gzip::Piece(bytes);
    std::string segment;
    wire::gzip::append_segment(segment, bytes);
    bytes = std::move(segment);
    sealed.encoded = bytes.size();
  }
  std::string chunk;
  chunk.reserve(bytes.size() + 16);
  wire::http1::append_chunk(chunk, bytes);
  sealed.bytes = SharedBytes(std::move(chunk));
  return sealed;
}

void Feed::send(Connection& connection, const Sealed& sealed) const {
  if (framing_ == Framing::kGzip) sealed.sum.add_to(static_cast<Subscriber&>(*connection.state()).body_);
  connection.send(sealed.bytes);
}

// Framing is what was put round the messages, compressed or not; the two content counters tell what compression saved.
void Feed::count_sent(const Sealed& sealed, std::uint64_t subscribers, std::uint64_t messages, std::uint64_t payload) {
  Stats& stats = context_.stats;
  counters_.delivered.add(subscribers * messages);
  stats.sent.payload.add(subscribers * payload);
  std::uint64_t size = sealed.bytes.size();
  if (framing_ == Framing::kGzip) {
    const std::uint64_t plain = sealed.sum.size();
    stats.sent.decoded.add(subscribers * plain);
    stats.sent.encoded.add(subscribers * sealed.encoded);
    size += plain - sealed.encoded;
  }
  stats.sent.framing.add(subscribers * (size - payload));
}

}  // namespace server
