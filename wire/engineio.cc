#include "wire/engineio.h"

#include <utility>

#include "wire/base64.h"
#include "wire/json.h"

namespace wire::engineio {
namespace {

constexpr std::size_t kKeptScratch = std::size_t{256} << 10;

void append_milliseconds(std::string& out, Bytes name, Nanos time) {
  out.append(name).append(std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
}

std::optional<Nanos> milliseconds(Bytes value) {
  constexpr std::uint64_t kMost = 1'000'000'000'000;  // 31 years: a greater one would overflow
  const auto number = json::whole_number(value);
  if (!number || *number > kMost) return std::nullopt;
  return std::chrono::milliseconds(*number);
}

}  // namespace

std::optional<Packet> parse_packet(Bytes text) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  return Packet{static_cast<PacketType>(text.front() - '0'), text.substr(1), false};
}

void append_packet(std::string& out, PacketType type, Bytes data) {
  out.push_back(static_cast<char>('0' + static_cast<int>(type)));
  out.append(data);
}

void append_base64_packet(std::string& out, Bytes data) {
  out.push_back(kBinary);
  append_base64(out, data);
}

const char* PayloadParser::take(Bytes packet, Handler& handler) {
  if (packet.size() > max_packet_) return "a packet above the limit";
  if (!packet.starts_with(kBinary)) {
    const auto parsed = parse_packet(packet);
    if (!parsed) return packet.empty() ? "an empty packet" : "a packet of an unknown type";
    handler.on_packet(*parsed);
    return nullptr;
  }
  thread_local std::string spare;
  std::string scratch = std::exchange(spare, {});  // a handler may feed another parser
  scratch.clear();
  if (!append_from_base64(scratch, packet.substr(1))) return "a binary packet that is not base64";
  handler.on_packet({PacketType::kMessage, scratch, true});
  if (scratch.capacity() <= kKeptScratch) spare = std::move(scratch);
  return nullptr;
}

const char* PayloadParser::feed(Bytes bytes, Handler& handler) {
  while (!stopped_) {
    const std::size_t end = bytes.find(kSeparator);
    if (end == Bytes::npos) break;
    Bytes packet = bytes.substr(0, end);
    std::string whole = std::exchange(partial_, {});
    if (!whole.empty()) packet = whole.append(packet);
    if (const char* mistake = take(packet, handler)) return mistake;
    bytes.remove_prefix(end + 1);
  }
  if (stopped_) return nullptr;
  if (partial_.size() + bytes.size() > max_packet_) return "a packet above the limit";
  partial_.append(bytes);
  return nullptr;
}

const char* PayloadParser::finish(Handler& handler) {
  if (stopped_) return nullptr;
  const std::string last = std::exchange(partial_, {});
  return take(last, handler);
}

const char* PayloadParser::take_whole(Bytes payload, Handler& handler) {
  const std::size_t last = payload.rfind(kSeparator) + 1;  // 0 when there is one packet only
  if (const char* mistake = feed(payload.substr(0, last), handler)) return mistake;
  return stopped_ ? nullptr : take(payload.substr(last), handler);
}

void PayloadParser::reset() {
  std::string().swap(partial_);
  stopped_ = false;
}

void append_open(std::string& out, const Open& open) {
  out += "{\"sid\":";
  json::append_string(out, open.sid);
  out += open.upgrade_to_websocket ? ",\"upgrades\":[\"websocket\"]" : ",\"upgrades\":[]";
  append_milliseconds(out, ",\"pingInterval\":", open.ping_interval);
  append_milliseconds(out, ",\"pingTimeout\":", open.ping_timeout);
  out.append(",\"maxPayload\":").append(std::to_string(open.max_payload)).push_back('}');
}

std::optional<Open> parse_open(Bytes text) {
  if (!json::is_value(text) || !json::is_object(text)) return std::nullopt;
  const Bytes sid = json::member(text, "sid");
  const auto interval = milliseconds(json::member(text, "pingInterval"));
  const auto timeout = milliseconds(json::member(text, "pingTimeout"));
  if (!json::is_string(sid) || !interval || !timeout) return std::nullopt;
  Open open;
  std::string scratch;
  open.sid = json::string_of(sid, scratch);
  if (open.sid.empty()) return std::nullopt;
  open.ping_interval = *interval;
  open.ping_timeout = *timeout;
  open.max_payload = json::whole_number(json::member(text, "maxPayload")).value_or(0);
  json::Array upgrades(json::member(text, "upgrades"));
  Bytes upgrade;
  while (upgrades.next(upgrade)) {
    if (json::is_string(upgrade) && json::string_of(upgrade, scratch) == kWebSocket)
      open.upgrade_to_websocket = true;
  }
  if (upgrades.failed()) return std::nullopt;
  return open;
}

}  // namespace wire::engineio
