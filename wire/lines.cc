#include "wire/lines.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace wire::lines {
namespace {

constexpr char kLf = '\n';
constexpr char kDle = '\x10';
constexpr Bytes kGap = "gap ";

// Where `byte` occurs first in [at, end), or `end`.
const char* find(const char* at, const char* end, char byte) {
  const void* found = at != end ? std::memchr(at, byte, static_cast<std::size_t>(end - at)) : nullptr;
  return found != nullptr ? static_cast<const char*>(found) : end;
}

// false at an escape that no writer makes.
bool append_unescaped(std::string& out, Bytes line) {
  while (true) {
    const std::size_t plain = std::min(line.find(kDle), line.size());
    out.append(line.substr(0, plain));
    line.remove_prefix(plain);
    if (line.empty()) return true;
    if (line.size() < 2 || (line[1] != 'n' && line[1] != 'd')) return false;
    out.push_back(line[1] == 'n' ? kLf : kDle);
    line.remove_prefix(2);
  }
}

// Lent to one unescaping at a time, so that binary messages need no allocation each. A handler that feeds another
// splitter finds it empty and pays for its own.
thread_local std::string spare;
constexpr std::size_t kMaxSpare = std::size_t{1} << 20;

void finish_escaped(Bytes line, Splitter::Handler& handler) {
  if (line.starts_with("\x10g")) {
    const std::optional<Gap> gap = parse_gap(line.substr(1));
    return gap ? handler.on_gap(*gap) : handler.on_bad_line(line);
  }
  std::string payload = std::exchange(spare, std::string());
  payload.clear();
  if (append_unescaped(payload, line)) {
    handler.on_message(payload);
  } else {
    handler.on_bad_line(line);
  }
  if (payload.capacity() <= kMaxSpare) spare = std::move(payload);
}

void finish(Bytes line, bool has_dle, Splitter::Handler& handler) {
  if (has_dle) return finish_escaped(line, handler);
  handler.on_message(line);
}

}  // namespace

void append_message(std::string& out, Bytes payload) {
  out.reserve(out.size() + payload.size() + 1);
  while (!payload.empty()) {
    const std::size_t lf = std::min(payload.find(kLf), payload.size());
    for (Bytes part = payload.substr(0, lf); !part.empty();) {
      const std::size_t dle = std::min(part.find(kDle), part.size());
      out.append(part.substr(0, dle));
      if (dle < part.size())
        out.append(
            "\x10"
            "d");
      part.remove_prefix(std::min(dle + 1, part.size()));
    }
    if (lf < payload.size()) out.append("\x10n");
    payload.remove_prefix(std::min(lf + 1, payload.size()));
  }
  out.push_back(kLf);
}

void append_gap(std::string& out, Gap gap) {
  out.push_back(kDle);
  out.append(gap_text(gap)).push_back(kLf);
}

std::string gap_text(Gap gap) {
  return std::string(kGap).append(std::to_string(gap.first)).append(" ").append(std::to_string(gap.last));
}

std::optional<Gap> parse_gap(Bytes text) {
  if (!text.starts_with(kGap)) return std::nullopt;
  Gap gap;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data() + kGap.size(), end, gap.first);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ' ') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, gap.last);
  if (last.ec != std::errc() || last.ptr != end || gap.first > gap.last) return std::nullopt;
  return gap;
}

void Splitter::feed(Bytes bytes, Handler& handler) {
  const std::uint32_t resets = resets_;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  // Escapes are rare: one search a read finds that there are none, instead of one a line.
  const char* dle = find(at, end, kDle);
  while (at != end) {
    const char* const lf = find(at, end, kLf);
    const Bytes piece(at, static_cast<std::size_t>(lf - at));
    if (lf == end) {
      keep(piece, handler);
      return;
    }
    if (mid_line()) {
      finish_partial(piece, handler);
    } else if (piece.size() > max_line_) {
      handler.on_bad_line(piece.substr(0, max_line_));
    } else {
      finish(piece, dle < lf, handler);
    }
    if (resets != resets_) return;
    at = lf + 1;
    if (dle < at) dle = find(at, end, kDle);
  }
}

// Adds to the unfinished line. false when the line is too long: it has been reported and is being skipped.
bool Splitter::keep(Bytes piece, Handler& handler) {
  if (skipping_) return false;
  const std::size_t room = max_line_ - partial_.size();
  partial_.append(piece.substr(0, room));
  if (piece.size() <= room) return true;
  skipping_ = true;
  const std::string line = std::exchange(partial_, std::string());
  handler.on_bad_line(line);
  return false;
}

void Splitter::finish_partial(Bytes piece, Handler& handler) {
  const bool whole = keep(piece, handler);
  skipping_ = false;
  if (!whole) return;
  const std::string line = std::exchange(partial_, std::string());
  finish(line, line.find(kDle) != std::string::npos, handler);
}

void Splitter::reset() {
  ++resets_;
  std::string().swap(partial_);
  skipping_ = false;
}

}  // namespace wire::lines
