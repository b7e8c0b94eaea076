#include "wire/forever_frame.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace wire::forever_frame {
namespace {

constexpr Bytes kOpen = "<script>";
constexpr Bytes kClose = "</script>";
constexpr Bytes kCall = "parent.pushbench&&parent.pushbench(";
constexpr Bytes kBytesEnd = "\",\"bytes\")";
constexpr Bytes kTextEnd = "\")";
constexpr Bytes kGapEnd = ",\"gap\")";
constexpr Bytes kCommentOpen = "<!--";
constexpr Bytes kCommentClose = "-->";
constexpr char kHex[] = "0123456789abcdef";

// What a byte needs; kSeparator: perhaps, as the first of E2 80 A8 (U+2028) or E2 80 A9.
enum class Class : std::uint8_t { kPlain, kEscaped, kHigh, kSeparator };

constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> classes{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\' || byte == '<') classes[byte] = Class::kEscaped;
    if (byte >= 0x80) classes[byte] = byte == 0xe2 ? Class::kSeparator : Class::kHigh;
  }
  return classes;
}
constexpr std::array<Class, 256> kClasses = make_classes();

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += {'\\', c};
  } else if (c == '\n') {
    out += "\\n";
  } else {
    out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
}

bool is_separator(Bytes bytes) {
  return bytes.starts_with("\xe2\x80\xa8") || bytes.starts_with("\xe2\x80\xa9");
}

void append_string(std::string& out, Bytes payload, bool is_text) {
  std::size_t done = 0;  // of payload, already in `out`
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const Class what = kClasses[static_cast<unsigned char>(payload[i])];
    if (what == Class::kPlain || (is_text && what == Class::kHigh)) continue;
    const bool separator = is_text && what == Class::kSeparator;
    if (separator && !is_separator(payload.substr(i, 3))) continue;
    out.append(payload.substr(done, i - done));
    if (separator) {
      out.append(payload[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
      i += 2;
    } else {
      append_escaped(out, payload[i]);
    }
    done = i + 1;
  }
  out.append(payload.substr(done));
}

std::optional<unsigned char> hex_byte(Bytes digits) {
  unsigned value = 0;
  if (digits.size() < 2) return std::nullopt;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + 2, value, 16);
  if (error != std::errc() || end != digits.data() + 2) return std::nullopt;
  return static_cast<unsigned char>(value);
}

// Undoes the escape that `rest` begins with, and moves on. false at one that no writer makes.
bool append_unescaped(std::string& out, Bytes& rest, bool is_text) {
  const char kind = rest.size() < 2 ? '\0' : rest[1];
  std::size_t length = 2;
  if (kind == '"' || kind == '\\') {
    out += kind;
  } else if (kind == 'n') {
    out += '\n';
  } else if (kind == 'x') {
    const auto byte = hex_byte(rest.substr(2));
    if (!byte || (is_text && *byte >= 0x80)) return false;
    out += static_cast<char>(*byte);
    length = 4;
  } else if (is_text && (rest.starts_with("\\u2028") || rest.starts_with("\\u2029"))) {
    out += rest[5] == '8' ? "\xe2\x80\xa8" : "\xe2\x80\xa9";
    length = 6;
  } else {
    return false;
  }
  rest.remove_prefix(length);
  return true;
}

bool is_ascii(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// `string` is what stood between the quotes and has a backslash. false when it is no string literal of a writer.
bool unescape(std::string& out, Bytes string, bool is_text) {
  out.clear();
  while (!string.empty()) {
    const Bytes plain = string.substr(0, string.find('\\'));
    if (plain.find('"') != Bytes::npos) return false;
    out.append(plain);
    string.remove_prefix(plain.size());
    if (!string.empty() && !append_unescaped(out, string, is_text)) return false;
  }
  return true;
}

bool read_number(Bytes& rest, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

// Lent to one unescaping at a time, so that messages with escapes need no allocation each.
thread_local std::string spare;
constexpr std::size_t kMaxSpare = std::size_t{1} << 20;

// false when `string` is no string literal that a writer makes.
bool hand_out(std::uint64_t sequence, Bytes string, bool is_text, Parser::Handler& handler) {
  if (!is_text && !is_ascii(string)) return false;
  if (string.find('\\') == Bytes::npos) {
    if (string.find('"') != Bytes::npos) return false;
    handler.on_message(sequence, string);
    return true;
  }
  std::string payload = std::exchange(spare, std::string());
  const bool good = unescape(payload, string, is_text);
  if (good) handler.on_message(sequence, payload);
  if (payload.capacity() <= kMaxSpare) spare = std::move(payload);
  return good;
}

// What follows kCall in a script. false when it is no call that a writer makes.
bool take_call(Bytes rest, Parser::Handler& handler) {
  std::uint64_t sequence = 0;
  if (!read_number(rest, sequence) || !rest.starts_with(',')) return false;
  rest.remove_prefix(1);
  if (!rest.starts_with('"')) {
    Gap gap{0, sequence};
    if (!read_number(rest, gap.first) || rest != kGapEnd || gap.first > gap.last) return false;
    handler.on_gap(gap);
    return true;
  }
  rest.remove_prefix(1);
  for (const Bytes end : {kBytesEnd, kTextEnd}) {
    if (!rest.ends_with(end)) continue;
    rest.remove_suffix(end.size());
    return hand_out(sequence, rest, end == kTextEnd, handler);
  }
  return false;
}

// Whether `bytes` may become `word` when more of them come.
bool may_become(Bytes bytes, Bytes word) {
  return bytes.size() < word.size() && word.starts_with(bytes);
}

}  // namespace

void append_preamble(std::string& out) {
  out += "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>forever-frame</title>\n<!-- padding ";
  out.append(kPadding, '.');
  out += " -->\n";
}

void append_message(std::string& out, std::uint64_t sequence, Bytes payload, bool is_text) {
  out.reserve(out.size() + kOpen.size() + kCall.size() + payload.size() + kBytesEnd.size() + kClose.size() + 24);
  out.append(kOpen).append(kCall);
  append_number(out, sequence);
  out += ",\"";
  append_string(out, payload, is_text);
  out.append(is_text ? kTextEnd : kBytesEnd).append(kClose) += '\n';
}

void append_gap(std::string& out, Gap gap) {
  out.append(kOpen).append(kCall);
  append_number(out, gap.last);
  out += ',';
  append_number(out, gap.first);
  out.append(kGapEnd).append(kClose) += '\n';
}

void Parser::feed(Bytes bytes, Handler& handler) {
  if (state_ == State::kFailed) return;
  const std::uint32_t resets = resets_;
  if (partial_.empty()) {
    const std::size_t consumed = parse(bytes, handler);
    if (resets == resets_ && state_ != State::kFailed) partial_ = bytes.substr(consumed);
    return;
  }
  std::string joined = std::exchange(partial_, std::string());
  joined.append(bytes);
  const std::size_t consumed = parse(joined, handler);
  if (resets != resets_ || state_ == State::kFailed) return;
  // What is left of a read is small beside the buffer that a large script needed: a copy lets go of that.
  partial_ = consumed == 0 ? std::move(joined) : joined.substr(consumed);
}

// How many bytes are done with.
std::size_t Parser::parse(Bytes bytes, Handler& handler) {
  const std::uint32_t resets = resets_;
  std::size_t at = 0;
  bool more = true;
  while (more && resets == resets_) {
    switch (state_) {
      case State::kMarkup:
        more = take_markup(bytes, at);
        break;
      case State::kComment:
        more = take_comment(bytes, at);
        break;
      case State::kScript:
        more = take_script(bytes, at, handler);
        break;
      case State::kFailed:
        return bytes.size();
    }
  }
  return at;
}

// These three take what they can from `at` on, and are true when the next may go on.
bool Parser::take_markup(Bytes bytes, std::size_t& at) {
  while ((at = std::min(bytes.find('<', at), bytes.size())) < bytes.size()) {
    const Bytes rest = bytes.substr(at);
    for (const Bytes word : {kOpen, kCommentOpen}) {
      if (may_become(rest, word)) return false;
      if (!rest.starts_with(word)) continue;
      at += word.size();
      state_ = word == kOpen ? State::kScript : State::kComment;
      searched_ = 0;
      return true;
    }
    ++at;
  }
  return false;
}

bool Parser::take_comment(Bytes bytes, std::size_t& at) {
  const std::size_t end = bytes.find(kCommentClose, at);
  if (end == Bytes::npos) {
    at = std::max(at, bytes.size() - std::min(bytes.size(), kCommentClose.size() - 1));
    return false;
  }
  at = end + kCommentClose.size();
  state_ = State::kMarkup;
  return true;
}

bool Parser::take_script(Bytes bytes, std::size_t& at, Handler& handler) {
  const Bytes rest = bytes.substr(at);
  const std::size_t end = rest.find(kClose, searched_);
  if (end == Bytes::npos) searched_ = rest.size() - std::min(rest.size(), kClose.size() - 1);
  if ((end == Bytes::npos ? searched_ : end) > max_script_) {
    state_ = State::kFailed;
    handler.on_too_large();
    return false;
  }
  if (end == Bytes::npos) return false;
  const Bytes script = rest.substr(0, end);
  at += end + kClose.size();
  state_ = State::kMarkup;
  if (script.starts_with(kCall) && !take_call(script.substr(kCall.size()), handler)) handler.on_bad_script(script);
  return true;
}

void Parser::reset() {
  ++resets_;
  std::string().swap(partial_);
  searched_ = 0;
  state_ = State::kMarkup;
}

}  // namespace wire::forever_frame
