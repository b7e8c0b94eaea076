// Publishes by POST over one keep-alive connection. Requests are pipelined and never wait for an answer: a stalled
// server delays answers and never the schedule. A server may end the connection whenever nothing is outstanding
// (RFC 9112 section 9.5): that is no failure and nobody is told; it is neither open nor connecting then. Everything
// runs on the loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "loadgen/run/run_spec.h"
#include "net/loop.h"
#include "net/segments.h"
#include "net/tcp.h"
#include "wire/http1/response.h"

namespace loadgen {

class PostConnection final : private net::Tcp::Handler, private wire::http1::ResponseParser::Handler {
 public:
  class Owner {
   public:
    virtual void on_posting_open() {}
    virtual void on_published(std::uint64_t message) = 0;  // the server accepted it
    // It refused it, or the connection ended before it answered: then whether it took it is unknown.
    virtual void on_unpublished(std::uint64_t message) = 0;
    virtual void on_posting_failure(Failure kind, std::string_view detail) = 0;  // counted by kind
    virtual void on_posting_closed() {}  // nothing is outstanding any more; connect() may be called

   protected:
    ~Owner() = default;
  };
  // `counts`: where bytes and requests are added; null: nowhere.
  PostConnection(const RunSpec& spec, net::Loop& loop, Owner& owner, SessionCounts* counts, net::TlsCounts& tls_counts);

  void connect(const std::optional<net::Address>& source);
  bool is_open() const { return open_; }
  bool is_connecting() const { return tcp_ != nullptr && !open_; }
  std::size_t unsent_bytes() const { return waiting_.text.size() + (tcp_ != nullptr ? tcp_->unsent_bytes() : 0); }
  std::size_t outstanding() const { return outstanding_.size(); }  // posted and not answered
  net::Segments segments() const;                                  // of all its connections until now
  // Requires is_open() or is_connecting(): then it leaves as soon as the connection is open.
  void post(std::uint64_t message, wire::Bytes payload);
  void give_up();  // what is outstanding counts as unpublished; closes

 private:
  void on_open(net::Tcp& tcp) override;
  void on_bytes(net::Tcp& tcp, wire::Bytes bytes) override;
  void on_close(net::Tcp& tcp, int error) override;
  void on_head(const wire::http1::Response& response) override;
  void on_body(wire::Bytes) override {}
  void on_end() override;
  struct Requests {
    std::string text;
    std::uint64_t http_bytes = 0;  // of `text`; the rest are payloads
    std::uint64_t count = 0;
    void clear() {
      text.clear();
      http_bytes = count = 0;
    }
  };
  void send(const Requests& requests);
  void fail(Failure kind, std::string_view detail);

  const RunSpec& spec_;
  net::Loop& loop_;
  Owner& owner_;
  SessionCounts* counts_;
  net::TlsCounts& tls_counts_;
  net::TlsSessions tls_sessions_;
  net::Tcp::Ptr tcp_;
  wire::http1::ResponseParser parser_;
  net::Segments ended_segments_;
  std::deque<std::uint64_t> outstanding_;  // in the order of their answers
  Requests waiting_;                       // while connecting
  bool open_ = false;
  bool accepted_ = false;  // the answer in hand is 2xx
};

}  // namespace loadgen
