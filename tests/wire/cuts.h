// A codec must not care how its stream is cut: helpers that cut it in every way that finds mistakes.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "wire/bytes.h"

// Calls `check(pieces)` for the stream whole, byte by byte, and cut in two at every position. Every piece lies in
// memory of its own, so that a sanitizer sees a read past its end. Stops at the first failure and says which cut it
// was.
template <typename Check>
void for_every_cut(wire::Bytes stream, Check&& check) {
  const auto run = [&check](std::vector<std::vector<char>> buffers, const std::string& how) {
    std::vector<wire::Bytes> pieces;
    for (const auto& buffer : buffers) pieces.emplace_back(buffer.data(), buffer.size());
    SCOPED_TRACE(how);
    check(static_cast<const std::vector<wire::Bytes>&>(pieces));
    return !testing::Test::HasFailure();
  };
  const auto buffer = [](wire::Bytes bytes) { return std::vector<char>(bytes.begin(), bytes.end()); };

  if (!run({buffer(stream)}, "whole")) return;
  std::vector<std::vector<char>> bytes;
  for (const char byte : stream) bytes.push_back({byte});
  if (!run(bytes, "byte by byte")) return;
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    if (!run({buffer(stream.substr(0, cut)), buffer(stream.substr(cut))}, "cut at " + std::to_string(cut))) return;
  }
}

// Feeds the pieces as a connection does: each in a buffer that is gone after the call. `feed(bytes)` returns whether to
// go on.
template <typename Feed>
void feed_pieces(const std::vector<wire::Bytes>& pieces, Feed&& feed) {
  for (const wire::Bytes piece : pieces) {
    const std::vector<char> buffer(piece.begin(), piece.end());
    if (!feed(wire::Bytes(buffer.data(), buffer.size()))) return;
  }
}

// A string that may hold NUL, from a literal.
template <std::size_t N>
std::string bytes(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}
