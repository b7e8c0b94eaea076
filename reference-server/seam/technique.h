// THE SEAM of the reference server: a technique answers requests for its route, and hears of every publish. One
// instance of each technique a thread; everything it touches belongs to that thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "wire/bytes.h"
#include "wire/http1/request.h"
#include "wire/link.h"
#include "wire/time.h"

namespace server {

using wire::Bytes;
using wire::Nanos;
using wire::SharedBytes;

struct Message;  // topic.h
struct Options;  // options.h
struct Stats;    // stats.h: this thread's counters
struct TechniqueStats;
class Topic;  // topic.h: the log of one topic on this thread
class Topics;
class Shards;  // engineio/shards.h
class Connection;

// What a technique makes of one client's connection that it has taken over: it keeps what it has to know of the client,
// and hears of everything that happens there. Called on the connection's thread.
class Conversation {
 public:
  virtual ~Conversation() = default;
  virtual void on_bytes(Connection& connection, Bytes bytes) {}  // from the client; see Connection::Input
  // The connection has ended, by either side: called once. Nothing more can be sent.
  virtual void on_close(Connection& connection) = 0;
  virtual void on_wake(Connection& connection) {}   // asked for with Connection::wake_after
  virtual void on_drain(Connection& connection) {}  // no longer stalled
};

// What an answer must know of the request that it answers.
struct Exchange {
  bool keep_alive = true;  // the connection may carry another request
  bool http10 = false;     // no chunked bodies; keep-alive must be said
  bool head_only = false;  // HEAD: the same head, no body
};

// What a technique may do with one client's connection; the server owns it.
class Connection : public wire::Link {
 public:
  // What happens to the bytes that the client sends after take_over().
  enum class Input : std::uint8_t {
    kConversation,  // an upgraded connection: on_bytes
    kLater,         // a held request: kept, up to a bound, until release()
    kIgnored,       // a stream: read only to notice its end
  };

  virtual Exchange exchange() const = 0;
  // The request in hand has been answered by what was sent. The next request is read, or the connection closes behind
  // the answer.
  virtual void finish_response() = 0;
  // From now on the connection belongs to `conversation`, until release() or on_close.
  virtual void take_over(std::unique_ptr<Conversation> conversation, Input input) = 0;
  // A held request has been answered: destroys the conversation, then acts like finish_response().
  virtual void release() = 0;
  virtual void wake_after(Nanos delay) = 0;  // on_wake follows, once; replaces an earlier one. Only after take_over()
  // The kernel has refused some of what was sent: send no more until on_drain. What has not been offered to it yet does
  // not stall.
  virtual bool stalled() const = 0;
  // Reads nothing more from the client until resume_input(): it does not read what it is sent.
  virtual void pause_input() = 0;
  virtual void resume_input() = 0;
  // close() of Link: what was sent leaves first. abort(): at once, unsent bytes are lost. Both call on_close. The
  // connection and its conversation stay valid until the handler that is running has returned; what is sent vanishes.
  virtual void abort() = 0;
};

class Technique {
 public:
  virtual ~Technique() = default;
  // A subscribe, a poll or an upgrade. `request` is valid during the call.
  virtual void on_request(Connection& connection, const wire::http1::Request& request) = 0;
  // The head of such a request whose body is still on its way: on_request follows with all of it, or on_request_aborted
  // when the connection ends before. Of techniques that take every method alone.
  virtual void on_request_begin(Connection& connection, const wire::http1::Request& head) {}
  virtual void on_request_aborted(Connection& connection) {}
  virtual void on_tick() {}                                           // asked for with Context::tick_after
  virtual void on_publish(Topic& topic, const Message& message) = 0;  // encode ONCE
  // The topic is freed after this: nobody uses it any more (TopicUse). At the end of an iteration, after on_flush.
  virtual void on_topic_gone(const Topic& topic) {}
  virtual void on_flush() {}     // end of the loop iteration: write what was encoded
  virtual void on_shutdown() {}  // say goodbye to every subscriber
};

// What became of a publish.
struct Publication {
  std::uint64_t sequence = 0;  // 0: none
  Bytes refusal{};             // and why not, in words
};

// What a thread gives its techniques.
struct Context {
  const Options& options;
  Topics& topics;
  Stats& stats;
  Context(const Options& o, Topics& t, Stats& s) : options(o), topics(t), stats(s) {}
  virtual ~Context() = default;

  // Publishes to every thread of the server; `origin`'s subscribers do not get it.
  virtual Publication publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin = 0) = 0;
  // Everything published before now reaches every technique now: what somebody joins or leaves here next, they do after
  // it.
  virtual void catch_up() = 0;
  // The server's threads, for techniques whose clients each live on one of them; null where connections are no
  // sockets.
  virtual Shards* shards() { return nullptr; }
  // A number for a client that does not want its own messages: unique in the server, and in all likelihood another one
  // than any before a restart.
  virtual std::uint64_t new_origin() = 0;
  virtual wire::Time now() = 0;  // of this iteration
  // Header lines that every answer carries: Date, and CORS when asked for.
  virtual Bytes common_headers() = 0;
  virtual void tick_after(Technique& technique, Nanos delay) = 0;  // on_tick follows, once
  // More is to be written than one iteration should: on_flush follows in the next one, after this one's output was
  // offered to the kernel.
  virtual void flush_again() = 0;
};

// A row of the table. `techniques/long_polling.cc` defines its own as `TechniqueInfo long_polling_technique()`.
struct TechniqueInfo {
  std::string_view name;   // one spelling everywhere
  std::string_view route;  // "/sse"
  std::unique_ptr<Technique> (*make)(Context& context, TechniqueStats& counters) = nullptr;
  bool takes_post = false;                               // subscribes by POST too; the body says nothing
  bool takes_all = false;                                // every method, and every path that begins with the route
  bool conformance = false;                              // for suites that test a protocol: with --conformance alone
  std::string Options::*route_option = nullptr;          // that serves it elsewhere
  std::span<const std::string_view> counter_names = {};  // of TechniqueStats::own, under its name in /stats
};

template <typename T>
std::unique_ptr<Technique> make_technique(Context& context, TechniqueStats& counters) {
  return std::make_unique<T>(context, counters);
}

}  // namespace server
