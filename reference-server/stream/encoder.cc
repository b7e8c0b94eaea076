#include "reference-server/stream/encoder.h"

#include <utility>

#include "wire/http1/write.h"

namespace server {

EncodedBatch frame(Framing framing, std::string encoded) {
  EncodedBatch batch;
  if (framing == Framing::kNone) {
    batch.bytes = SharedBytes(std::move(encoded));
    return batch;
  }
  if (framing == Framing::kGzip) {
    batch.sum = wire::gzip::Piece(encoded);
    std::string segment;
    wire::gzip::append_segment(segment, encoded);
    encoded = std::move(segment);
    batch.compressed = encoded.size();
  }
  std::string chunk;
  chunk.reserve(encoded.size() + 16);
  wire::http1::append_chunk(chunk, encoded);
  batch.bytes = SharedBytes(std::move(chunk));
  return batch;
}

std::string body_end(Framing framing, wire::gzip::Sum sum) {
  std::string end;
  if (framing == Framing::kNone) return end;
  if (framing == Framing::kGzip) {
    std::string trailer;
    wire::gzip::append_trailer(trailer, sum);
    wire::http1::append_chunk(end, trailer);
  }
  end += wire::http1::kLastChunk;
  return end;
}

}  // namespace server
