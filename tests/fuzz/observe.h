// What every harness does: a stream is fed whole and cut into pieces, and what the codec reports must be the same.
//
// Byte 0 of the input sets options of the codec, byte 1 chooses the cuts, the rest is the stream.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "wire/bytes.h"

namespace fuzz {

using wire::Bytes;

// Events in order. Pieces of one body are joined: where they are cut is the reader's affair.
class Log {
 public:
  void add(const std::string& event) {
    events_.push_back(event);
    in_body_ = false;
  }
  void add(const std::string& kind, Bytes text) { add(kind + "(" + std::string(text) + ")"); }
  void add_body(Bytes piece) {
    if (piece.empty()) return;
    if (!in_body_) events_.push_back("body ");
    events_.back().append(piece);
    in_body_ = true;
  }
  bool operator==(const Log& other) const { return events_ == other.events_; }
  void print(const char* title) const {
    std::fprintf(stderr, "%s:\n", title);
    for (const std::string& event : events_) std::fprintf(stderr, "  %s\n", event.c_str());
  }

 private:
  std::vector<std::string> events_;
  bool in_body_ = false;
};

// Sizes of the pieces: one byte each for pattern 0, else pseudo-random up to a bound that the pattern chooses too.
class Cuts {
 public:
  explicit Cuts(std::uint8_t pattern) : state_(pattern), bound_(pattern == 0 ? 1 : 2u << (pattern % 8)) {}
  std::size_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return 1 + (state_ >> 33) % bound_;
  }

 private:
  std::uint64_t state_;
  std::size_t bound_;
};

// Every piece lies in memory of its own that is freed once it has been fed: AddressSanitizer sees a read past its end
// and a view that outlives it.
template <typename Codec>
void feed(Codec& codec, Bytes piece) {
  const std::unique_ptr<char[]> copy(new char[piece.size()]);
  piece.copy(copy.get(), piece.size());
  codec.feed(Bytes(copy.get(), piece.size()));
}

// Codec: constructed from the options byte; feed(Bytes), finish() at the end of the stream, and `log`.
template <typename Codec>
int compare(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  Codec whole(data[0]);
  feed(whole, stream);
  whole.finish();

  Codec cut(data[0]);
  Cuts cuts(data[1]);
  for (Bytes rest = stream; !rest.empty();) {
    const Bytes piece = rest.substr(0, cuts.next());
    feed(cut, piece);
    rest.remove_prefix(piece.size());
  }
  cut.finish();

  if (whole.log == cut.log) return 0;
  whole.log.print("whole");
  cut.log.print("cut");
  std::abort();
}

}  // namespace fuzz
