// One TCP connection on a loop. Reads go through the loop's one buffer; writes queued during an iteration leave in one
// system call at its end; an idle connection holds no heap buffer of ours. TLS is a filter in here that nobody above
// sees: what an iteration queued then leaves in as few records as it fits, in one system call all the same.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "net/address.h"
#include "net/loop.h"
#include "net/segments.h"
#include "net/tls.h"
#include "wire/bytes.h"

namespace net {

class Tcp {
 public:
  // Events of one connection, all on the loop's thread. A handler may drop the connection inside any of them.
  class Handler {
   public:
    virtual void on_open(Tcp&) {}  // connect() succeeded, TLS handshake included; reading has begun
    virtual void on_bytes(Tcp& tcp, wire::Bytes bytes) = 0;
    // 0: end by the peer (see truncated()); else kTlsError or a negative errno, -ETIMEDOUT of a peer that takes nothing
    // (Loop::set_stall_time) included. Comes once.
    virtual void on_close(Tcp& tcp, int error) = 0;
    virtual void on_drain(Tcp&) {}  // nothing is refused() any more, and unsent_bytes() is 0

   protected:
    ~Handler() = default;
  };
  struct Deleter {
    void operator()(Tcp* tcp) const;  // closes at once, no event follows; the memory goes when libuv is done
  };
  using Ptr = std::unique_ptr<Tcp, Deleter>;

  // TLS did not come about, or a record was none; error_text() says why. No errno of Linux.
  static constexpr int kTlsError = -10'000;

  // Starts connecting; `source` is bound first (IP_BIND_ADDRESS_NO_PORT). Every failure is reported by on_close, from
  // the loop. `tls`: null for plain TCP; its `server` is filled in here.
  static Ptr connect(Loop& loop, const Address& target, const std::optional<Address>& source, Handler& handler,
                     const TlsClient* tls = nullptr);
  // Takes over a connected, non-blocking socket. No event comes before start().
  static Ptr adopt(Loop& loop, int descriptor, const TlsServer* tls = nullptr);
  void start(Handler& handler);  // reading begins, and the TLS handshake

  // A connection between two loops of threads that share their descriptors; dropping it closes it.
  class Moving;
  // On its loop's thread. Requires an open connection and unsent_bytes() == 0; no event follows.
  static Moving depart(Ptr tcp);
  // On the other loop's thread; start() follows. `counts` takes over from those of its TlsServer.
  static Ptr arrive(Loop& loop, Moving moving, TlsCounts* counts);

  // Queues a copy (a reference) of bytes that leave at the end of this iteration. After an error they vanish; on_close
  // tells.
  void send(wire::Bytes bytes);
  void send(const wire::SharedBytes& bytes);
  // Orderly end: what is queued leaves, then TLS's close_notify, then FIN, then the socket lingers until the peer
  // closes too or 2 s have passed (closing with unread input would reset the connection and could destroy what the peer
  // has not read yet). A peer that reads nothing for 30 s is dropped. No event follows; `sink` is told when the socket
  // is closed.
  static void finish(Ptr tcp, const SegmentSink& sink = {});
  // The same, but the peer is to close first: no close_notify and no FIN of ours, and after 2 s without the peer's FIN
  // the socket is closed all the same.
  static void finish_after_peer(Ptr tcp, const SegmentSink& sink = {});
  // The peer has ended it and our end has not gone out: finish() answers with it, and need not wait for anybody.
  bool ended_by_peer() const;

  // From now on receive_delay() tells in on_bytes how long the oldest byte of this read had waited in the kernel. Costs
  // a system call a read. TLS or not.
  void stamp_receives();
  std::optional<wire::Nanos> receive_delay() const { return stamped_ ? loop_.receive_delay_ : std::nullopt; }

  // Without reading, the peer's end is noticed by sending alone.
  void pause_reading();
  void resume_reading();
  // Handed to send(), or made by TLS itself (tickets, alerts), and not yet taken by the kernel.
  std::size_t unsent_bytes() const { return unsent_; }
  // The kernel has refused some of it: on_drain follows, or on_close. What was queued since the last flush is unsent,
  // but not refused.
  bool refused() const { return refused_; }
  int descriptor() const { return socket_; }  // -1 when there is none
  void reset_on_close();                      // dropping it sends RST instead of FIN: leaves no TIME_WAIT
  std::string error_text(int error) const;    // of on_close, for people: "Connection refused"
  // After on_close with 0: TLS ended without close_notify, so that somebody may have cut the stream (RFC 8446
  // section 6.1). It matters where the end of the stream is the end of the data.
  bool truncated() const;

 private:
  friend class Loop;
  friend struct Deleter;
  struct Backlog;  // what the kernel refused; only while it does
  struct Linger;
  struct Secure;  // what TLS needs beside the plain connection
  struct Cipher;
  enum class State : std::uint8_t { kConnecting, kIdle, kOpen, kEnded, kFinishing, kClosing };

  explicit Tcp(Loop& loop, int socket = -1);
  ~Tcp();
  int begin_connect(const Address& target, const std::optional<Address>& source);
  void connected(int error);
  void come_late(int error);         // what connect() or send() had to say, told from the loop
  void ready(std::uint32_t events);  // of epoll
  void want(std::uint32_t events);
  bool read(bool to_the_end);
  void read_end(int error);
  void read_secure(wire::Bytes ciphertext);
  void encrypt();  // turns what is queued into what TLS makes of it
  void encrypt_queue();
  void take_ciphertext();
  void start_tls();
  void fail_tls();
  void say_goodbye();
  void encrypt_for_good();
  void end(int error);             // tells the handler once
  void flush();                    // by the loop, at the end of an iteration
  void refuse(std::size_t taken);  // moves what is left of this iteration's pieces to the backlog
  void write_backlog();
  void backlog_written();
  void tell_drain();
  void drop_output();
  static void finish(Ptr tcp, bool peer_first, const SegmentSink& sink);
  bool is_over() const;
  void answer_the_end(const SegmentSink& sink);
  void linger();
  void destroy();
  static constexpr std::uint32_t kNone = UINT32_MAX;

  Loop& loop_;
  Handler* handler_ = nullptr;
  std::unique_ptr<Backlog> backlog_;
  std::unique_ptr<Linger> linger_;
  std::unique_ptr<Secure> secure_;  // null: plain
  std::size_t unsent_ = 0;
  std::uint32_t first_piece_ = kNone;  // this iteration's output, in the loop's pool
  std::uint32_t last_piece_ = kNone;
  int socket_;
  std::uint8_t wanted_ = 0;  // events of epoll
  State state_ = State::kIdle;
  bool dirty_ = false;  // in the loop's list of connections to flush
  bool write_failed_ = false;
  bool stamped_ = false;
  bool all_is_read_ = false;  // the peer has ended it, and nothing but its end is left to read
  bool refused_ = false;      // on_drain is owed
};

class Tcp::Moving {
 public:
  Moving(Moving&& other) noexcept;
  ~Moving();

 private:
  friend class Tcp;
  Moving(int socket, std::unique_ptr<Secure> secure);
  int socket_;
  std::unique_ptr<Secure> secure_;
};

}  // namespace net
