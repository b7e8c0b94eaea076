#include "wire/sse.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

namespace wire::sse {
namespace {

constexpr Bytes kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kLongestName = 5;  // "event", "retry"

// Where `byte` occurs first in [at, end), or `end`.
const char* find(const char* at, const char* end, char byte) {
  const void* found = at != end ? std::memchr(at, byte, static_cast<std::size_t>(end - at)) : nullptr;
  return found != nullptr ? static_cast<const char*>(found) : end;
}

// One line of output for each line of `text`, an empty text being one empty line.
void append_lines(std::string& out, Bytes prefix, Bytes text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* cr = find(at, end, '\r');
  while (true) {
    if (cr < at) cr = find(at, end, '\r');
    const char* const stop = find(at, cr, '\n');  // `cr` when there is no LF before it
    out.append(prefix).append(at, stop).push_back('\n');
    if (stop == end) return;
    at = stop + (stop == cr && end - stop > 1 && stop[1] == '\n' ? 2 : 1);
  }
}

}  // namespace

void append_event(std::string& out, const Event& event) {
  if (!event.type.empty()) out.append("event: ").append(event.type).push_back('\n');
  if (!event.id.empty()) out.append("id: ").append(event.id).push_back('\n');
  append_lines(out, "data: ", event.data);
  out.push_back('\n');
}

void append_comment(std::string& out, Bytes text) {
  append_lines(out, ": ", text);
  out.push_back('\n');
}

void append_retry(std::string& out, std::uint64_t milliseconds) {
  out.append("retry: ").append(std::to_string(milliseconds)).append("\n\n");
}

struct Parser::Views {
  Bytes type;
  Bytes data;
  Bytes id;
  bool has_data = false;
  bool has_id = false;

  bool empty() const { return !has_data && !has_id && type.empty(); }
};

struct Parser::Pending {
  std::string line;  // unfinished
  std::string type;
  std::string data;  // lines joined by LF
  std::string id;
  bool has_data = false;
  bool has_id = false;

  void clear() {
    line.clear();
    type.clear();
    data.clear();
    id.clear();
    has_data = has_id = false;
  }
  bool empty() const { return !has_data && !has_id && type.empty() && line.empty(); }
  std::size_t capacity() const { return line.capacity() + type.capacity() + data.capacity() + id.capacity(); }

  // A thread keeps one for its next event of several data lines: such events need no allocation each.
  static thread_local std::unique_ptr<Pending> spare;
  static constexpr std::size_t kMaxSpare = std::size_t{1} << 20;
  static std::unique_ptr<Pending> borrow() { return spare != nullptr ? std::move(spare) : std::make_unique<Pending>(); }
  static void give_back(std::unique_ptr<Pending> pending) {
    if (pending->capacity() > kMaxSpare) return;
    pending->clear();
    spare = std::move(pending);
  }
};

thread_local std::unique_ptr<Parser::Pending> Parser::Pending::spare;

// Cuts the bytes of one feed() into lines. CR is rare: its search, like that of LF, goes on from where it last ended.
class Parser::Lines {
 public:
  explicit Lines(Bytes bytes) : at_(bytes.data()), end_(at_ + bytes.size()), cr_(find(at_, end_, '\r')) {}

  // `end`: the size of its line end, of which a LF may follow a CR in the next feed().
  bool next(Bytes& line, std::size_t& end) {
    if (cr_ < at_) cr_ = find(at_, end_, '\r');
    if (lf_ == nullptr || lf_ < at_) lf_ = find(at_, end_, '\n');
    const char* const stop = std::min(cr_, lf_);
    if (stop == end_) return false;
    line = Bytes(at_, static_cast<std::size_t>(stop - at_));
    const bool crlf = stop == cr_ && lf_ == stop + 1 && lf_ != end_;
    end = crlf ? 2 : 1;
    at_ = stop + end;
    return true;
  }
  Bytes rest() const { return Bytes(at_, static_cast<std::size_t>(end_ - at_)); }

 private:
  const char* at_;
  const char* end_;
  const char* cr_;
  const char* lf_ = nullptr;
};

Parser::Parser(std::size_t max_event) : max_event_(max_event) {}
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;
Parser::~Parser() = default;

void Parser::feed(Bytes bytes, Handler& handler) {
  if (failed_ || bytes.empty()) return;
  const bool ends_with_cr = bytes.back() == '\r';
  const std::uint32_t resets = resets_;
  if (skip_lf_ && bytes.front() == '\n') {
    bytes.remove_prefix(1);
    if (filler_) handler.on_filler(1);
    if (resets != resets_) return;
  }
  skip_lf_ = ends_with_cr;

  Views views;
  if (bom_seen_ < kByteOrderMark.size() && !skip_byte_order_mark(bytes)) return;
  while (pending_ == nullptr && !bytes.empty()) {
    const std::size_t size = take_plain_event(bytes, handler);
    if (size == 0) break;
    if (resets != resets_) return;
    bytes.remove_prefix(size);
  }
  Lines lines(bytes);
  std::size_t end = 0;
  for (Bytes line; lines.next(line, end);) {
    if (pending_ != nullptr && !pending_->line.empty()) {
      take_rest_of_line(line, end, views, handler);
    } else {
      take_line(line, end, views, handler);
    }
    if (failed_ || resets != resets_) return;
  }
  take_tail(lines.rest(), views, handler);
}

// false while the stream may still turn out to begin with the mark.
bool Parser::skip_byte_order_mark(Bytes& bytes) {
  while (bom_seen_ < kByteOrderMark.size()) {
    if (bytes.empty()) return false;
    if (bytes.front() != kByteOrderMark[bom_seen_]) {
      // No mark: what looked like one is the beginning of the first line.
      if (bom_seen_ > 0) (pending_ = Pending::borrow())->line = kByteOrderMark.substr(0, bom_seen_);
      bom_seen_ = static_cast<std::uint8_t>(kByteOrderMark.size());
      return true;
    }
    bytes.remove_prefix(1);
    ++bom_seen_;
  }
  return true;
}

// What nearly every event is, as a whole and at the beginning of `bytes`: "id: 123", one line of data, the blank line;
// or without the id. Its size, and it has been handed out; 0 when the lines have to be looked at one by one.
std::size_t Parser::take_plain_event(Bytes bytes, Handler& handler) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  Bytes id;
  if (begins_with(bytes, "id: ")) {
    const char* const digits = at + 4;
    for (at = digits; at != end && *at >= '0' && *at <= '9'; ++at) {
    }
    if (at == end || *at != '\n') return 0;
    id = Bytes(digits, static_cast<std::size_t>(at++ - digits));
  }
  if (!begins_with(Bytes(at, static_cast<std::size_t>(end - at)), "data: ")) return 0;
  at += 6;
  const char* const line_end = find(at, end, '\n');
  const Bytes data(at, static_cast<std::size_t>(line_end - at));
  if (end - line_end < 2 || line_end[1] != '\n') return 0;
  const auto size = static_cast<std::size_t>(line_end + 2 - bytes.data());
  if (size > max_event_) return 0;
  if (find(at, line_end, '\r') != line_end) return 0;  // ends a line, too
  filler_ = false;
  if (id.data() != nullptr) last_event_id_ = id;
  handler.on_event(Event{Bytes(), data, last_event_id_});
  return size;
}

// The bytes at hand are used up: copies what the next ones may complete.
void Parser::take_tail(Bytes tail, Views& views, Handler& handler) {
  if (pending_ == nullptr && views.empty() && tail.empty()) return;
  Pending& event = keep(views);
  if (event.line.size() + tail.size() > max_event_) return fail(handler);
  event.line.append(tail);
  if (event.empty()) Pending::give_back(std::move(pending_));
}

// Completes the line of which pending_ has the beginning.
void Parser::take_rest_of_line(Bytes rest, std::size_t end, Views& views, Handler& handler) {
  // Moved out, so that the views given to the handler do not depend on pending_.
  std::string line = std::exchange(pending_->line, std::string()).append(rest);
  take_line(line, end, views, handler);
  if (pending_ == nullptr) return;
  line.clear();
  pending_->line = std::move(line);
}

void Parser::take_line(Bytes line, std::size_t end, Views& views, Handler& handler) {
  if (line.empty()) {
    if (filler_ && views.empty() && (pending_ == nullptr || pending_->empty())) return handler.on_filler(end);
    filler_ = false;
    return dispatch(views, handler);
  }
  filler_ = false;
  if (line.size() > max_event_) return fail(handler);
  // What nearly every line is.
  if (begins_with(line, "data: ")) return take_data(Bytes(line.data() + 6, line.size() - 6), views, handler);
  if (begins_with(line, "id: ")) return take_id(Bytes(line.data() + 4, line.size() - 4), views);
  const std::size_t colon = line.substr(0, kLongestName + 1).find(':');
  // Either a name without a value, or longer than every name there is.
  if (colon == Bytes::npos) return take_field(line, Bytes(), views, handler);
  Bytes value = line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (colon == 0) return take_comment(line.size() + end, value, handler);
  take_field(line.substr(0, colon), value, views, handler);
}

void Parser::take_comment(std::size_t size, Bytes text, Handler& handler) {
  filler_ = true;
  const std::uint32_t resets = resets_;
  handler.on_filler(size);
  if (resets == resets_) handler.on_comment(text);
}

// Names are matched as they are, case and all; fields of other names are ignored.
void Parser::take_field(Bytes name, Bytes value, Views& views, Handler& handler) {
  if (name == "data") {
    take_data(value, views, handler);
  } else if (name == "id") {
    take_id(value, views);
  } else if (name == "event") {
    if (pending_ != nullptr) {
      pending_->type = value;
    } else {
      views.type = value;
    }
  } else if (name == "retry") {
    std::uint64_t milliseconds = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, milliseconds);
    if (error == std::errc() && stop == end && milliseconds <= kMaxRetry) handler.on_retry(milliseconds);
  }
}

void Parser::take_id(Bytes value, Views& views) {
  if (find(value.data(), value.data() + value.size(), '\0') != value.data() + value.size()) return;
  if (pending_ != nullptr) {
    pending_->id = value;
    pending_->has_id = true;
  } else {
    views.id = value;
    views.has_id = true;
  }
}

void Parser::take_data(Bytes value, Views& views, Handler& handler) {
  if (pending_ == nullptr && !views.has_data) {
    views.data = value;
    views.has_data = true;
    return;
  }
  Pending& event = keep(views);
  if (event.has_data) event.data.push_back('\n');
  event.has_data = true;
  event.data.append(value);
  if (event.data.size() > max_event_) fail(handler);
}

void Parser::dispatch(Views& views, Handler& handler) {
  // Held here during the call: the handler may reset the parser.
  std::unique_ptr<Pending> held = std::move(pending_);
  if (held != nullptr) views = Views{held->type, held->data, held->id, held->has_data, held->has_id};
  const Views event = std::exchange(views, Views());
  if (event.has_id) last_event_id_ = event.id;
  if (event.has_data) handler.on_event(Event{event.type, event.data, last_event_id_});
  if (held != nullptr) Pending::give_back(std::move(held));
}

// The event so far, copied out of the bytes being fed.
Parser::Pending& Parser::keep(Views& views) {
  if (pending_ == nullptr) {
    pending_ = Pending::borrow();
    pending_->type = views.type;
    pending_->data = views.data;
    pending_->id = views.id;
    pending_->has_data = views.has_data;
    pending_->has_id = views.has_id;
    views = Views();
  }
  return *pending_;
}

void Parser::fail(Handler& handler) {
  failed_ = true;
  pending_.reset();
  handler.on_too_large();
}

void Parser::reset() {
  ++resets_;
  pending_.reset();
  bom_seen_ = 0;
  skip_lf_ = filler_ = false;
  failed_ = false;
}

}  // namespace wire::sse
