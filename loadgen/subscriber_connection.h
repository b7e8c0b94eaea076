// One connection of a subscriber, and its Link. For subscriber.cc only.
#pragma once

#include <memory>
#include <utility>

#include "loadgen/subscriber.h"
#include "loadgen/worker.h"
#include "net/clock.h"
#include "net/segments.h"
#include "net/tcp.h"

namespace loadgen {

class Subscriber::Connection final : public Link, public net::Tcp::Handler {
 public:
  Connection(Subscriber& owner, std::unique_ptr<Connection> next) : next_(std::move(next)), owner_(owner) {}

  void connect(const net::Address& target, const net::TlsClient* tls) {
    Worker& worker = owner_.worker_;
    tcp_ = net::Tcp::connect(worker.loop(), target, worker.source_address(target, owner_.number_), *this, tls);
  }

  void send(Bytes bytes) override {
    count_sent(bytes.size());
    tcp_->send(bytes);
  }
  void send(const wire::SharedBytes& bytes) override {
    count_sent(bytes.size());
    tcp_->send(bytes);
  }
  void close() override {
    finish();
    owner_.drop(*this);
  }
  void close_after_peer() override {
    const net::SegmentSink sink = end_count();
    net::Tcp::finish_after_peer(std::move(tcp_), sink);
    owner_.drop(*this);
  }
  // Dropped without a goodbye, unless the peer has said one.
  void abort() {
    if (tcp_ == nullptr) return;
    if (tcp_->ended_by_peer()) return finish();
    end_count();
    tcp_.reset();
  }
  bool truncated() const override { return tcp_ != nullptr && tcp_->truncated(); }
  std::size_t unsent_bytes() const { return tcp_ != nullptr ? tcp_->unsent_bytes() : 0; }
  net::Segments segments() const { return tcp_ != nullptr ? net::read_segments(tcp_->descriptor()) : net::Segments{}; }
  std::unique_ptr<Connection>& next() { return next_; }

 private:
  void on_open(net::Tcp& tcp) override {
    if (owner_.worker_.samples_reads_of(owner_.number_)) tcp.stamp_receives();
    owner_.counts().add_connection_begin();
    owner_.session_->on_open(*this);
  }
  void on_bytes(net::Tcp&, Bytes bytes) override {
    owner_.worker_.set_read_time(net::now());
    if (const auto delay = tcp_->receive_delay()) owner_.worker_.note_read_delay(*delay);
    owner_.counts().received.add_transfer(bytes.size(), owner_.worker_.tls_counts().received.new_overhead());
    owner_.received_bytes_ += bytes.size();
    if (owner_.attempt_ != nullptr) owner_.attempt_->received += static_cast<std::uint32_t>(bytes.size());
    owner_.session_->on_bytes(*this, bytes);
  }
  void on_close(net::Tcp&, int error) override;
  void count_sent(std::size_t bytes) {
    owner_.counts().sent.add_transfer(bytes, owner_.worker_.tls_counts().sent.new_overhead());
    if (owner_.attempt_ != nullptr) owner_.attempt_->sent += static_cast<std::uint32_t>(bytes);
  }
  void finish() {
    const net::SegmentSink sink = end_count();
    net::Tcp::finish(std::move(tcp_), sink);
  }
  // Counts its end, and its segments until now; what comes after that goes to the sink. Who never was connected has
  // sent a SYN and nothing else, however often.
  net::SegmentSink end_count() {
    const net::Segments until_now = segments();
    if (until_now.out > until_now.retransmitted + 1) owner_.counts().add_connection_end();
    owner_.worker_.count_ended_segments(owner_.number_, until_now);
    return {&owner_.worker_.last_segments(), until_now};
  }

  std::unique_ptr<Connection> next_;  // of the same subscriber
  Subscriber& owner_;
  net::Tcp::Ptr tcp_;
};

}  // namespace loadgen
