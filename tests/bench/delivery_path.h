// One subscriber without a kernel: the session of a technique over bytes prepared beforehand, delivering to a Recorder
// as a worker's subscribers do. What delivery_bench times and a test counts the allocations of.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/clients/techniques.h"
#include "loadgen/run/recorder.h"

namespace loadgen {

class DeliveryPath final : private Host, private Link {
 public:
  static constexpr std::size_t kReads =
      256;  // prepared; half a megabyte, which stays in the cache as a read buffer does
  static constexpr std::uint32_t kPayload = 100;

  // Each read brings `messages` messages: a stream's events in a row, or those of one response.
  DeliveryPath(std::string_view technique, std::size_t messages);
  ~DeliveryPath() override;

  void read();  // one read, and the next request where the technique asks for more
  std::uint64_t delivered() const { return recorder_.delivered; }
  std::string_view failure() const { return failure_; }  // empty unless something went wrong

 private:
  Link& open() override { return *this; }
  Link& open_at(const wire::Url&) override { return *this; }
  void subscribed() override {}
  void deliver(Bytes message) override;
  void wake_after(Nanos) override { wake_ = true; }
  void cancel_wake() override { wake_ = false; }
  void fail(Failure, std::string_view detail) override { failure_ = detail; }
  void give_up(Failure, std::string_view detail) override { failure_ = detail; }
  void restart() override { failure_ = "restarted"; }
  void set_retry(Nanos) override {}
  SessionCounts& counts() override { return counts_; }
  std::uint64_t random() override { return 1; }
  void send(Bytes bytes) override { sent_ = bytes; }
  void send(const wire::SharedBytes& bytes) override { send(bytes.view()); }
  void close() override {}

  void prepare(std::size_t messages);
  std::string handshake() const;

  const TechniqueInfo& technique_;
  Scenario scenario_;
  Variant variant_;
  RunSpec spec_;
  Recorder recorder_;
  Receiver receiver_;
  SessionCounts counts_;
  std::string topic_ = "t0";
  std::string sent_;  // the last request
  std::string failure_;
  std::vector<std::string> reads_;
  std::unique_ptr<Session> session_;
  std::size_t next_read_ = 0;
  wire::Time read_time_{};
  bool wake_ = false;
};

}  // namespace loadgen
