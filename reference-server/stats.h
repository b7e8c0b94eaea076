// Counters of one thread. Only their owner writes; anyone may read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace server {

class Counter {
 public:
  // One writer, so no locked instruction is needed: a relaxed load and store compile to plain moves.
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Bytes of one direction by kind, before TCP.
struct ByteCounters {
  Counter payload;  // messages, as they are sent: compressed when they are
  Counter framing;  // what a technique puts round a message: SSE fields, WebSocket headers, chunk sizes, line feeds
  Counter http;     // heads; bodies of answers that are no messages
  Counter encoded;  // compressed bodies as they travel; payload and framing count what they decode to
  Counter decoded;
  Counter tls;  // records and handshakes around all of it
};

// What one thread shows of things that are no numbers, as it stood at the end of an iteration.
class Listing {
 public:
  void set(std::string text) {
    const std::lock_guard lock(mutex_);
    text_ = std::move(text);
  }
  std::string get() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;  // guarded by mutex_
};

struct TechniqueStats {
  explicit TechniqueStats(std::size_t own_counters) : own(own_counters) {}

  Counter connections;       // now; a keep-alive connection counts for the technique it asked last
  Counter delivered;         // messages written to subscribers
  std::vector<Counter> own;  // that it has beside these, by TechniqueInfo::counter_names
  Listing list;              // of what it has of its own, too: objects of JSON, separated by commas
};

// Every message that was compressed: once for all who got the same bytes.
struct CompressionCounters {
  Counter messages;
  Counter payload;     // bytes before
  Counter compressed;  // and after
};

struct TlsStats {
  Counter handshakes;
  Counter resumed;   // of them
  Counter failures;  // of handshakes, or records that were none
};

struct Stats {
  // For each technique of the table, how many counters it has of its own.
  explicit Stats(std::span<const std::size_t> own_counters) {
    for (const std::size_t count : own_counters) techniques.emplace_back(count);
  }

  Counter open;  // connections now
  Counter accepted;
  Counter requests;
  Counter bad_requests;  // refused before they reached a route
  Counter bad_upgrades;  // to WebSocket, refused with their opening handshake
  Counter published;     // by clients of this thread
  Counter dropped;       // messages that a slow subscriber did not get, by policy
  Counter gap_messages;  // messages asked for that the log no longer had
  Counter disconnected_slow;
  Counter timed_out;  // idle, half a request, or no pong
  ByteCounters sent;
  ByteCounters received;
  TlsStats tls;
  CompressionCounters compression;
  std::deque<TechniqueStats> techniques;  // by the order of the table
};

}  // namespace server
