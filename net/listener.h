// A listening socket of one thread.
#pragma once

#include <uv.h>

#include "net/address.h"
#include "net/loop.h"
#include "net/tcp.h"

namespace net {

class Listener final : Timer::Handler {
 public:
  class Handler {
   public:
    virtual void on_accept(Tcp::Ptr tcp) = 0;  // call tcp->start(handler), or drop it
    // accept() failed for want of descriptors or memory; accepting rests for 100 ms, the backlog keeps the clients.
    virtual void on_accept_error(int error) = 0;

   protected:
    ~Handler() = default;
  };
  Listener(Loop& loop, Handler& handler) : loop_(loop), handler_(handler) {}
  ~Listener() { close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // On the loop's thread. Port 0 picks one; `reuse_port`: several threads listen on one port and the kernel spreads the
  // connections. Throws std::runtime_error with one sentence ("cannot listen on 127.0.0.1:80: permission denied").
  void open(const Address& address, bool reuse_port);
  void set_tls(const TlsServer& tls) { tls_ = &tls; }  // of every connection from now on; outlives them
  Address address() const;                             // with the port that was picked
  void close();

 private:
  void accept_all();
  void on_timer(Timer&) override;

  Loop& loop_;
  Handler& handler_;
  uv_poll_t* poll_ = nullptr;  // lives until libuv has closed it
  const TlsServer* tls_ = nullptr;
  int socket_ = -1;
  Timer rest_;
};

// A free port of that address's host, reserved while the returned descriptor is open: it is bound with SO_REUSEPORT and
// does not listen, so it takes no connections. For a port that is in use, throws std::runtime_error as Listener::open
// does.
int reserve_port(Address& address);

// A free port for a program that is not ours, reserved while the returned descriptor is open: bound on every IPv4
// address with SO_REUSEADDR, not listening. Linux lets a socket that asks for SO_REUSEADDR too (as every common server
// does) listen beside it, and gives the port to nobody who asks for any. Throws std::runtime_error with one sentence.
int reserve_port_for_another(std::uint16_t& port);

}  // namespace net
