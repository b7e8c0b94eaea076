// What every endless HTTP body shares (http-streaming, forever-frame, sse): head,
// subscription, end.
#pragma once

#include <optional>
#include <string>

#include "server/feed.h"
#include "server/reply.h"
#include "server/technique.h"

namespace server {

class StreamTechnique : public Technique {
 public:
  StreamTechnique(Context& context, TechniqueStats& counters, const Dialect& dialect);
  void on_request(Connection& connection, const wire::http1::Request& request) override;
  void on_close(Connection& connection) override;
  void on_drain(Connection& connection) override;
  void on_publish(Topic& topic, const Message& message) override;
  void on_flush() override;
  void on_tick() override;
  void on_shutdown() override;

 protected:
  // Header lines of the answer; `cursor` is the sequence before the first message that follows.
  virtual void append_headers(std::string& out, std::uint64_t cursor) const = 0;
  // What the body begins with, before any message.
  virtual void append_preamble(std::string& out) const {}
  // Changes the subscription by what only this technique knows of; false, with a sentence for 400, when that is bad.
  virtual bool refine(const wire::http1::Request& request, Subscription& subscription, std::string& error) const {
    return true;
  }
  // What keeps a silent stream alive through proxies; nothing where the format has nothing that is no message.
  virtual void append_heartbeat(std::string& out) const {}
  void schedule_heartbeat();  // for a constructor of a technique that has one

  Context& context_;

 private:
  bool read_limit(const wire::http1::Request& request, StreamLimit& limit, std::string& error) const;
  Feed chunked_;  // HTTP/1.1
  Feed plain_;    // HTTP/1.0: until close
};

}  // namespace server
