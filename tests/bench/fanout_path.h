// One thread of the server without a kernel: a technique, and subscribers of one topic whose connections take what they
// are given. What fanout_bench times.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reference-server/log/hub.h"
#include "reference-server/log/topics.h"
#include "reference-server/options.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"
#include "reference-server/stats.h"

namespace server {

// As over a socket, a shared buffer is referred to until the write at the end of the iteration, and copied by nobody.
class TakingConnection final : public Connection {
 public:
  void send(Bytes bytes) override { queued_ += bytes.size(); }
  void send(const SharedBytes& bytes) override {
    shared_ = bytes;
    queued_ += bytes.size();
  }
  void close() override {}
  Exchange exchange() const override { return {}; }
  void finish_response() override {}
  void take_over(std::unique_ptr<Conversation> conversation, Input) override {
    conversation_ = std::move(conversation);
  }
  void release() override {}
  void wake_after(Nanos) override {}
  bool stalled() const override { return false; }
  void pause_input() override {}
  void resume_input() override {}
  void abort() override {}

  void leave() { conversation_->on_close(*this); }
  void write();  // the end of an iteration: what is queued leaves
  std::uint64_t writes() const { return writes_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  SharedBytes shared_;
  std::unique_ptr<Conversation> conversation_;
  std::size_t queued_ = 0;
  std::uint64_t writes_ = 0;
  std::uint64_t bytes_ = 0;
};

class FanoutPath final : private Context {
 public:
  static constexpr std::size_t kPayload = 100;

  FanoutPath(std::string_view technique, std::size_t subscribers);
  ~FanoutPath() override;

  void publish(std::size_t messages);  // in one iteration of the loop
  std::uint64_t delivered() const { return counters_->delivered.get(); }
  const std::vector<std::unique_ptr<TakingConnection>>& connections() const { return connections_; }

 private:
  Publication publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin) override;
  void catch_up() override;
  std::uint64_t new_origin() override { return hub_.new_origin(); }
  wire::Time now() override { return {}; }
  Bytes common_headers() override { return {}; }
  void tick_after(Technique&, Nanos) override {}
  void flush_again() override {}
  void iterate();

  Options options_;
  Stats stats_{own_counters()};
  Hub hub_{1};
  Inbox inbox_{[] {}};
  Topics topics_;
  TechniqueStats* counters_ = nullptr;
  std::unique_ptr<Technique> technique_;
  std::vector<std::unique_ptr<TakingConnection>> connections_;
  std::vector<Published> arrived_;
  const std::string payload_ = std::string(kPayload, 'x');
};

}  // namespace server
