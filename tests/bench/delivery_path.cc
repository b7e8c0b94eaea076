#include "delivery_path.h"

#include <stdexcept>

#include "loadgen/scenario/parts.h"
#include "net/clock.h"
#include "wire/forever_frame.h"
#include "wire/http1/request.h"
#include "wire/http1/write.h"
#include "wire/lines.h"
#include "wire/message.h"
#include "wire/socketio.h"
#include "wire/sse.h"
#include "wire/websocket/frame.h"
#include "wire/websocket/handshake.h"

namespace loadgen {

namespace {

constexpr wire::Time kStart{std::chrono::hours(5)};

const TechniqueInfo& find(std::string_view name) {
  const TechniqueInfo* technique = find_technique(name);
  if (technique == nullptr) throw std::invalid_argument("no technique " + std::string(name));
  return *technique;
}

// One message as the reference server writes it into the body or the stream of a technique.
void append_message(std::string& out, std::string_view technique, std::uint64_t sequence, Bytes payload) {
  std::string piece;
  if (technique == "socketio") {
    static const wire::socketio::Event event(wire::socketio::kMainNamespace, "message");
    piece = "4";
    event.append_text(piece, payload, std::nullopt, '"' + std::to_string(sequence) + '"');
    return wire::websocket::append_frame(out, wire::websocket::Opcode::kText, piece);
  }
  if (technique == "websocket") return wire::websocket::append_frame(out, wire::websocket::Opcode::kText, payload);
  if (technique == "polling" || technique == "long-polling") return wire::lines::append_message(out, payload);
  if (technique == "sse") {
    wire::sse::append_event(piece, {.type = {}, .data = payload, .id = std::to_string(sequence)});
  } else if (technique == "forever-frame") {
    wire::forever_frame::append_message(piece, sequence, payload, true);
  } else {
    wire::lines::append_message(piece, payload);
  }
  wire::http1::append_chunk(out, piece);
}

// `socketio` is measured over a WebSocket, where an upgraded client is, too.
OptionValue option_of(const OptionSpec& spec) {
  OptionSpec chosen = spec;
  if (spec.key == "transport") chosen.fallback = "websocket";
  return default_option(chosen);
}

bool polls(std::string_view technique) {
  return technique == "polling" || technique == "long-polling";
}

std::string response(std::uint64_t cursor, Bytes body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nPushbench-Cursor: " +
         std::to_string(cursor) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace

DeliveryPath::DeliveryPath(std::string_view technique, std::size_t messages)
    : technique_(find(technique)),
      spec_{.scenario = scenario_,
            .variant = variant_,
            .plan = {},
            .target = {},
            .pacer = measure::Pacer::constant({1'000, std::chrono::seconds(1)}),
            .end = kReads * messages},
      recorder_(spec_) {
  scenario_.publish.payload = kPayload;
  spec_.plan.authority = "127.0.0.1:8080";
  spec_.plan.topics = {topic_};
  for (const OptionSpec& option : technique_.options) spec_.plan.options.push_back(option_of(option));
  receiver_.tracker.start_at(1);
  prepare(messages);
  session_ = technique_.make(*this, spec_.plan, topic_);
  session_->start();
  session_->on_open(*this);
  session_->on_bytes(*this, handshake());
  if (wake_ && polls(technique)) session_->on_wake();
}

DeliveryPath::~DeliveryPath() = default;

void DeliveryPath::prepare(std::size_t messages) {
  const std::string_view name = technique_.name;
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < kReads; ++i) {
    std::string bytes;
    for (std::size_t j = 0; j < messages; ++j) {
      const wire::Time intended = kStart + spec_.pacer.due(sequence);
      std::string payload;
      wire::append_payload(payload, spec_.marker_of(sequence, intended, intended + std::chrono::microseconds(20)));
      append_message(bytes, name, ++sequence, payload);
    }
    reads_.push_back(polls(name) ? response(sequence, bytes) : bytes);
  }
}

// What the server says before the first message.
std::string DeliveryPath::handshake() const {
  if (polls(technique_.name)) return response(0, {});
  if (technique_.name != "websocket" && technique_.name != "socketio") {
    const char* type = technique_.name == "sse"             ? "text/event-stream"
                       : technique_.name == "forever-frame" ? "text/html; charset=utf-8"
                                                            : "text/plain";
    std::string head = std::string("HTTP/1.1 200 OK\r\nContent-Type: ") + type +
                       "\r\nPushbench-Cursor: 0\r\nTransfer-Encoding: chunked\r\n\r\n";
    if (technique_.name == "forever-frame") {
      std::string preamble;
      wire::forever_frame::append_preamble(preamble);
      wire::http1::append_chunk(head, preamble);
    }
    return head;
  }
  wire::http1::RequestParser parser;
  std::size_t used = 0;
  parser.feed(sent_, used);
  std::string text =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      wire::websocket::check_handshake(parser.request()).accept + "\r\nPushbench-Cursor: 0\r\n\r\n";
  if (technique_.name == "socketio") {
    for (const Bytes packet :
         {R"(0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})",
          R"(40{"sid":"c","pid":"p","offset":"0"})"})
      wire::websocket::append_frame(text, wire::websocket::Opcode::kText, packet);
  }
  return text;
}

void DeliveryPath::deliver(Bytes message) {
  counts_.received.payload += message.size();
  recorder_.message(spec_, receiver_, message, read_time_);
}

// Once a round the stream begins anew; else everything would be a duplicate.
void DeliveryPath::read() {
  if (next_read_ == kReads) {
    next_read_ = 0;
    receiver_.tracker.start_at(1);
  }
  const std::string& bytes = reads_[next_read_];
  // The clock is read as a worker reads it; the time recorded is one that fits the schedule, so that latencies are
  // those of a run.
  [[maybe_unused]] volatile const auto now = net::now().time_since_epoch().count();
  read_time_ = kStart + spec_.pacer.due((next_read_ + 1) * spec_.end / kReads) + Nanos(300'000 + (now & 0xffff));
  counts_.received.total += bytes.size();
  ++next_read_;
  wake_ = false;
  session_->on_bytes(*this, bytes);
  if (polls(technique_.name) && (wake_ || technique_.name == "polling")) session_->on_wake();
}

}  // namespace loadgen
