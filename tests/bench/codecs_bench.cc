// What the codecs cost a message: `items_per_second` counts messages (requests, responses), never reads.
// Bytes come as a socket delivers a burst: kBurst messages of 100 bytes in one read.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>

#include "wire/forever_frame.h"
#include "wire/http1/request.h"
#include "wire/http1/response.h"
#include "wire/http1/write.h"
#include "wire/lines.h"
#include "wire/message.h"
#include "wire/sse.h"
#include "wire/websocket/reader.h"

namespace {

using wire::Bytes;

constexpr std::size_t kBurst = 16;
constexpr std::uint32_t kPayloadSize = 100;

wire::Marker marker(std::uint64_t sequence, std::uint32_t length) {
  const wire::Time intended(wire::Nanos(123'456'789'012'345));
  return {7, sequence, intended, intended + wire::Nanos(25'000), length};
}

std::string payload(std::uint64_t sequence, std::uint32_t length = kPayloadSize) {
  std::string bytes;
  wire::append_payload(bytes, marker(sequence, length));
  return bytes;
}

void count(benchmark::State& state, std::size_t items, std::size_t bytes) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * items));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void message_append(benchmark::State& state) {
  const auto length = static_cast<std::uint32_t>(state.range(0));
  std::string out;
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    out.clear();
    wire::append_payload(out, marker(++sequence, length));
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, length);
}
BENCHMARK(message_append)->Arg(40)->Arg(100)->Arg(1024)->Arg(64 << 10);

void message_find(benchmark::State& state) {
  const std::string bytes = payload(1, static_cast<std::uint32_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(wire::find_payload(bytes));
  count(state, 1, bytes.size());
}
BENCHMARK(message_find)->Arg(40)->Arg(100)->Arg(1024)->Arg(64 << 10);

void message_find_in_json(benchmark::State& state) {
  const std::string bytes = R"({"channel":"prices","seq":17,"data":")" + payload(1) + "\"}";
  for (auto _ : state) benchmark::DoNotOptimize(wire::find_payload(bytes));
  count(state, 1, bytes.size());
}
BENCHMARK(message_find_in_json);

class LinesCounter final : public wire::lines::Splitter::Handler {
 public:
  void on_message(Bytes payload) override { bytes += payload.size(); }
  void on_gap(wire::lines::Gap) override {}
  void on_bad_line(Bytes) override {}
  std::size_t bytes = 0;
};

void split_lines(benchmark::State& state, const std::string& message) {
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) wire::lines::append_message(read, message);
  wire::lines::Splitter splitter;
  LinesCounter counter;
  for (auto _ : state) splitter.feed(read, counter);
  if (counter.bytes != state.iterations() * kBurst * message.size()) state.SkipWithError("messages were lost");
  count(state, kBurst, read.size());
}
void lines_split_text(benchmark::State& state) {
  split_lines(state, payload(1));
}
BENCHMARK(lines_split_text);
void lines_split_escaped(benchmark::State& state) {
  split_lines(state, payload(1, kPayloadSize - 2) + "\n\x10");
}
BENCHMARK(lines_split_escaped);

void lines_append(benchmark::State& state) {
  const std::string message = payload(1);
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::lines::append_message(out, message);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(lines_append);

class EventCounter final : public wire::sse::Parser::Handler {
 public:
  void on_event(const wire::sse::Event& event) override { bytes += event.data.size(); }
  void on_retry(std::uint64_t) override {}
  void on_too_large() override {}
  std::size_t bytes = 0;
};

void parse_events(benchmark::State& state, const std::string& data) {
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) wire::sse::append_event(read, {"", data, "123"});
  wire::sse::Parser parser;
  EventCounter counter;
  for (auto _ : state) parser.feed(read, counter);
  if (counter.bytes != state.iterations() * kBurst * data.size()) state.SkipWithError("events were lost");
  count(state, kBurst, read.size());
}
void sse_parse(benchmark::State& state) {
  parse_events(state, payload(1));
}
BENCHMARK(sse_parse);
void sse_parse_two_lines(benchmark::State& state) {
  parse_events(state, payload(1, 50) + "\n" + payload(2, 49));
}
BENCHMARK(sse_parse_two_lines);

void sse_append(benchmark::State& state) {
  const std::string data = payload(1);
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::sse::append_event(out, {"", data, "123"});
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(sse_append);

class ScriptCounter final : public wire::forever_frame::Parser::Handler {
 public:
  void on_message(std::uint64_t, Bytes payload) override { bytes += payload.size(); }
  void on_gap(wire::lines::Gap) override {}
  void on_bad_script(Bytes) override {}
  void on_too_large() override {}
  std::size_t bytes = 0;
};

void parse_scripts(benchmark::State& state, const std::string& message) {
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) wire::forever_frame::append_message(read, i, message, true);
  wire::forever_frame::Parser parser;
  ScriptCounter counter;
  for (auto _ : state) parser.feed(read, counter);
  if (counter.bytes != state.iterations() * kBurst * message.size()) state.SkipWithError("messages were lost");
  count(state, kBurst, read.size());
}
void forever_frame_parse(benchmark::State& state) {
  parse_scripts(state, payload(1));
}
BENCHMARK(forever_frame_parse);
void forever_frame_parse_escaped(benchmark::State& state) {
  parse_scripts(state, payload(1, kPayloadSize - 2) + "\"<");
}
BENCHMARK(forever_frame_parse_escaped);

void forever_frame_append(benchmark::State& state) {
  const std::string message = payload(1);
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::forever_frame::append_message(out, 123, message, true);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(forever_frame_append);

class FrameCounter final : public wire::websocket::Reader::Handler {
 public:
  void on_message(wire::websocket::Opcode, Bytes payload) override { bytes += payload.size(); }
  void on_ping(Bytes) override {}
  void on_pong(Bytes) override {}
  void on_close(std::uint16_t, Bytes) override {}
  std::size_t bytes = 0;
};

void read_frames(benchmark::State& state, wire::websocket::Reader::Role role, const std::string& read) {
  wire::websocket::Reader reader(role);
  FrameCounter counter;
  for (auto _ : state) reader.feed(read, counter);
  if (counter.bytes != state.iterations() * kBurst * kPayloadSize) state.SkipWithError("messages were lost");
  count(state, kBurst, read.size());
}

void websocket_read_by_client(benchmark::State& state) {
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) append_frame(read, wire::websocket::Opcode::kText, payload(i));
  read_frames(state, wire::websocket::Reader::Role::kClient, read);
}
BENCHMARK(websocket_read_by_client);

void websocket_read_by_server(benchmark::State& state) {
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) {
    append_masked_frame(read, wire::websocket::Opcode::kText, payload(i), 0x37fa213d);
  }
  read_frames(state, wire::websocket::Reader::Role::kServer, read);
}
BENCHMARK(websocket_read_by_server);

void websocket_append(benchmark::State& state) {
  const std::string message = payload(1);
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_frame(out, wire::websocket::Opcode::kText, message);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(websocket_append);

void http1_request(benchmark::State& state) {
  const std::string read =
      "GET /long-polling?topic=news&after=1234 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: pushbench/0.1\r\n"
      "Accept: */*\r\n\r\n";
  wire::http1::RequestParser parser;
  for (auto _ : state) {
    std::size_t consumed = 0;
    if (parser.feed(read, consumed) != wire::http1::Parsed::kComplete) return state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(parser.request());
  }
  count(state, 1, read.size());
}
BENCHMARK(http1_request);

class BodyCounter final : public wire::http1::ResponseParser::Handler {
 public:
  void on_head(const wire::http1::Response&) override {}
  void on_body(Bytes piece) override { bytes += piece.size(); }
  void on_end() override {}
  std::size_t bytes = 0;
};

void http1_response(benchmark::State& state) {
  std::string body;
  wire::lines::append_message(body, payload(1));
  const std::string read =
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nCache-Control: no-store\r\nPushbench-Cursor: "
      "1235\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  wire::http1::ResponseParser parser;
  BodyCounter counter;
  for (auto _ : state) {
    std::size_t consumed = 0;
    if (parser.feed(read, consumed, counter) != wire::http1::Parsed::kComplete) {
      return state.SkipWithError("not parsed");
    }
  }
  if (counter.bytes != state.iterations() * body.size()) state.SkipWithError("bytes were lost");
  count(state, 1, read.size());
}
BENCHMARK(http1_response);

// An endless chunked body: here an item is a chunk, as http-streaming and SSE send one a message.
void http1_response_chunks(benchmark::State& state) {
  wire::http1::ResponseParser parser;
  BodyCounter counter;
  std::size_t consumed = 0;
  parser.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", consumed, counter);
  std::string read;
  for (std::size_t i = 0; i < kBurst; ++i) wire::http1::append_chunk(read, payload(i));
  for (auto _ : state) {
    consumed = 0;
    benchmark::DoNotOptimize(parser.feed(read, consumed, counter));
  }
  if (counter.bytes != state.iterations() * kBurst * kPayloadSize) state.SkipWithError("bytes were lost");
  count(state, kBurst, read.size());
}
BENCHMARK(http1_response_chunks);

}  // namespace
