// What every endless HTTP body shares (http-streaming, forever-frame, sse): head, subscription, end.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/stream/broadcaster.h"

namespace server {

class StreamTechnique : public Technique {
 public:
  // `compresses`: clients that accept gzip get it.
  StreamTechnique(Context& context, TechniqueStats& counters, std::initializer_list<const Encoder*> encoders,
                  bool compresses = false);
  void on_request(Connection& connection, const wire::http1::Request& request) override;
  void on_publish(Topic& topic, const Message& message) override;
  void on_topic_gone(const Topic& topic) override;
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
  // Which of the encoders the request asks for; absent, with a sentence for 400, when none.
  virtual std::optional<std::size_t> choose_encoder(const wire::http1::Request& request, std::string& error) const {
    return 0;
  }
  // What keeps a silent stream alive through proxies; nothing where the format has nothing that is no message.
  virtual void append_heartbeat(std::string& out) const {}
  void schedule_heartbeat();  // for a constructor of a technique that has one

  Context& context_;

 private:
  bool read_limit(const wire::http1::Request& request, StreamLimit& limit, std::string& error) const;
  Framing framing_for(const wire::http1::Request& request, const Exchange& exchange) const;
  void send_head(Connection& connection, Framing framing, std::uint64_t cursor, bool limited);
  void send_preamble(Connection& connection, Framing framing);
  Broadcaster& broadcaster(std::size_t encoder, Framing framing) {
    return *broadcasters_[encoder * kFramings + static_cast<std::size_t>(framing)];
  }

  static constexpr std::size_t kFramings = 3;
  std::vector<const Encoder*> encoders_;
  std::vector<std::unique_ptr<Broadcaster>>
      broadcasters_;  // for each encoder one of each framing; until close for HTTP/1.0
  bool compresses_;
};

}  // namespace server
