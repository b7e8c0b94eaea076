#include "wire/socketio.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace wire::socketio {
namespace {

// Names of events that are the library's own on either side: the official parser refuses them.
bool is_reserved(Bytes event) {
  return is(event, "connect") || is(event, "connect_error") || is(event, "disconnect") || is(event, "disconnecting") ||
         is(event, "newListener") || is(event, "removeListener");
}

bool has_attachments(PacketType type) {
  return type == PacketType::kBinaryEvent || type == PacketType::kBinaryAck;
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// Decimal digits at the beginning; absent when there are none or the number is one that JavaScript cannot count to.
std::optional<std::uint64_t> take_number(Bytes& text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, number);
  if (size == 0 || error != std::errc() || number >= std::uint64_t{1} << 53) return std::nullopt;
  text.remove_prefix(size);
  return number;
}

// What nearly every event is: strings without escapes or white space round them. False for any other event, and for
// what is none.
bool read_plain_event(Bytes data, Packet::Event& event) {
  if (!data.starts_with('[')) return false;
  do {
    const Bytes literal = data.substr(1, json::plain_string_length(data.substr(1)));
    if (literal.empty()) return false;
    data.remove_prefix(1 + literal.size());
    if (event.name.empty()) {
      event.name = literal;
    } else {
      event.last = literal;
      if (event.arguments++ == 0) event.first = literal;
    }
  } while (data.starts_with(','));
  return data == "]" && !is_reserved(event.name.substr(1, event.name.size() - 2));
}

bool read_event(Bytes data, Packet::Event& event) {
  if (read_plain_event(data, event)) return true;
  event = {};
  json::Array array(data);
  Bytes& name = event.name;
  if (!array.next(name)) return false;
  if (json::is_string(name)) {
    std::string scratch;
    if (is_reserved(json::string_of(name, scratch))) return false;
  } else if (name.front() != '-' && (name.front() < '0' || name.front() > '9')) {
    return false;
  }
  while (array.next(event.last)) {
    if (event.arguments++ == 0) event.first = event.last;
  }
  return !array.failed();
}

bool read_data(Packet& packet) {
  const Bytes data = packet.data;
  switch (packet.type) {
    case PacketType::kConnect:
      return data.empty() || (json::is_object(data) && json::is_value(data));
    case PacketType::kDisconnect:
      return data.empty();
    case PacketType::kConnectError:
      return (json::is_object(data) || json::is_string(data)) && json::is_value(data);
    case PacketType::kEvent:
    case PacketType::kBinaryEvent:
      return read_event(data, packet.event);
    case PacketType::kAck:
    case PacketType::kBinaryAck:
      return json::is_array(data) && json::is_value(data);
  }
  return false;
}

// What makes an object a placeholder. Of members with one name the last counts, as for JSON.parse.
struct PlaceholderMembers {
  bool is_one = false;
  Bytes number{};

  void take(Bytes key, Bytes value) {
    std::string scratch;
    const Bytes name = json::string_of(key, scratch);
    if (name == "_placeholder") is_one = value == "true";
    if (name == "num") number = value;
  }
};

void skip_separators(Bytes& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n,:"), rest.size()));
}

// Takes a value, which is known to be valid, from `rest`: whether every placeholder in it names one of the attachments.
bool take_placeholders(Bytes& rest, std::size_t attachments) {
  skip_separators(rest);
  const bool object = rest.starts_with('{');
  if (!object && !rest.starts_with('[')) {
    rest.remove_prefix(json::value_length(rest));
    return true;
  }
  PlaceholderMembers members;
  rest.remove_prefix(1);
  for (skip_separators(rest); !rest.starts_with(object ? '}' : ']'); skip_separators(rest)) {
    const Bytes key = rest.substr(0, object ? json::string_length(rest) : 0);
    rest.remove_prefix(key.size());
    skip_separators(rest);
    const Bytes from = rest;
    if (!take_placeholders(rest, attachments)) return false;
    if (object) members.take(key, from.substr(0, from.size() - rest.size()));
  }
  rest.remove_prefix(1);
  if (!members.is_one) return true;
  const auto number = json::whole_number(members.number);
  return number && *number < attachments;
}

}  // namespace

const char* parse_packet(Bytes text, Packet& packet) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return "a packet of an unknown type";
  packet = {};
  packet.type = static_cast<PacketType>(text.front() - '0');
  text.remove_prefix(1);
  if (has_attachments(packet.type)) {
    const auto number = take_number(text);
    if (!number || *number == 0 || !text.starts_with('-')) return "a binary packet without a number of attachments";
    packet.attachments = *number;
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const std::size_t end = std::min(text.find(','), text.size());
    packet.name_space = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    packet.id = take_number(text);
    if (!packet.id) return "an id of an acknowledgement that is too great";
  }
  packet.data = text;
  if (!read_data(packet)) return "data that a packet of its type cannot have";
  return nullptr;
}

void append_header(std::string& out, PacketType type, Bytes name_space, std::optional<std::uint64_t> id,
                   std::size_t attachments) {
  out.push_back(static_cast<char>('0' + static_cast<int>(type)));
  if (has_attachments(type)) {
    append_number(out, attachments);
    out.push_back('-');
  }
  if (name_space != kMainNamespace) out.append(name_space).push_back(',');
  if (id) append_number(out, *id);
}

void append_placeholder(std::string& out, std::size_t number) {
  out += "{\"_placeholder\":true,\"num\":";
  append_number(out, number);
  out.push_back('}');
}

std::optional<std::size_t> placeholder(Bytes element) {
  PlaceholderMembers members;
  json::Object object(element);
  Bytes key;
  Bytes value;
  while (object.next(key, value)) members.take(key, value);
  return members.is_one ? json::whole_number(members.number) : std::nullopt;
}

struct Decoder::Pending {
  Packet packet;
  std::string bytes;  // the packet's text, then the attachments
  std::size_t text_size = 0;
  std::vector<std::size_t> ends;  // of the attachments in `bytes`
  std::vector<Bytes> views;

  // A thread keeps one for its next: a binary event needs no allocation of its own.
  static constexpr std::size_t kKept = std::size_t{256} << 10;
  static std::unique_ptr<Pending>& spare() {
    thread_local std::unique_ptr<Pending> one;
    return one;
  }
};

Decoder::Decoder(Limits limits) : limits_(limits) {}
Decoder::Decoder() : Decoder(Limits()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

void Decoder::reset() {
  pending_.reset();
}

const char* Decoder::take_text(Bytes text, Handler& handler) {
  if (pending_ != nullptr) return "text where an attachment was due";
  if (text.size() > limits_.bytes) return "a packet above the limit";
  Packet packet;
  if (const char* mistake = parse_packet(text, packet)) return mistake;
  if (packet.attachments == 0) {
    handler.on_packet(packet, {});
    return nullptr;
  }
  if (packet.attachments > limits_.attachments) return "too many attachments";
  if (Bytes data = packet.data; !take_placeholders(data, packet.attachments)) {
    return "a placeholder without its attachment";
  }
  pending_ = std::exchange(Pending::spare(), nullptr);
  if (pending_ == nullptr) pending_ = std::make_unique<Pending>();
  pending_->packet = packet;
  pending_->bytes.assign(text);
  pending_->text_size = text.size();
  pending_->ends.clear();
  return nullptr;
}

const char* Decoder::take_binary(Bytes bytes, Handler& handler) {
  if (pending_ == nullptr) return "an attachment without a packet";
  if (bytes.size() > limits_.bytes - pending_->bytes.size()) return "a packet above the limit";
  if (pending_->ends.size() + 1 < pending_->packet.attachments) {
    pending_->bytes.append(bytes);
    pending_->ends.push_back(pending_->bytes.size());
    return nullptr;
  }
  std::unique_ptr<Pending> whole = std::move(pending_);
  const Bytes kept = whole->bytes;
  if (const char* mistake = parse_packet(kept.substr(0, whole->text_size), whole->packet)) return mistake;
  whole->views.clear();
  std::size_t begin = whole->text_size;
  for (const std::size_t end : whole->ends) {
    whole->views.push_back(kept.substr(begin, end - begin));
    begin = end;
  }
  whole->views.push_back(bytes);
  handler.on_packet(whole->packet, whole->views);
  if (whole->bytes.capacity() <= Pending::kKept) Pending::spare() = std::move(whole);
  return nullptr;
}

Event::Event(Bytes name_space, Bytes name, Bytes before, Bytes after) : name_space_(name_space), after_(after) {
  before_ = "[";
  json::append_string(before_, name);
  before_.append(",").append(before);
}

void Event::append_text(std::string& out, Bytes payload, std::optional<std::uint64_t> id, Bytes extra) const {
  append_header(out, PacketType::kEvent, name_space_, id);
  out += before_;
  json::append_string(out, payload);
  append_end(out, extra);
}

void Event::append_binary(std::string& out, std::optional<std::uint64_t> id, Bytes extra) const {
  append_header(out, PacketType::kBinaryEvent, name_space_, id, 1);
  out += before_;
  append_placeholder(out, 0);
  append_end(out, extra);
}

void Event::append_end(std::string& out, Bytes extra) const {
  out += after_;
  if (!extra.empty()) out.append(",").append(extra);
  out.push_back(']');
}

}  // namespace wire::socketio
