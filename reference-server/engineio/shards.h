// The server's threads, for an endpoint whose clients each live on one of them: a client's requests come over any
// connection, and connections come to any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "reference-server/seam/technique.h"

namespace server {

// What the endpoint on one thread tells the one on another.
struct ShardMessage {
  std::string to;
  std::string from;
  std::string body;
  std::optional<std::uint64_t> id{};
  bool is_text = true;
  bool is_answer = false;
};

// Threads by number; called on the thread that self() names.
class Shards {
 public:
  class Receiver {
   public:
    virtual void on_shard_message(const ShardMessage& message) = 0;

   protected:
    ~Receiver() = default;
  };

  virtual unsigned self() const = 0;
  virtual unsigned count() const = 0;
  // Whether connections can go from thread to thread. Then migrate() takes one there, with the request in hand, as if
  // it had come there in the first place; this thread is done with it.
  virtual bool connections_migrate() const = 0;
  virtual void migrate(Connection& connection, const wire::http1::Request& request, unsigned shard) = 0;
  virtual void post(unsigned shard, ShardMessage message) = 0;  // to the receiver there
  virtual void receive_with(Receiver& receiver) = 0;            // what is posted to this thread

 protected:
  ~Shards() = default;
};

}  // namespace server
