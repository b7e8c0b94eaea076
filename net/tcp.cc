#include "net/tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "net/receive_delay.h"
#include "net/system_calls.h"
#include "net/tcp_output.h"
#include "net/tcp_secure.h"

namespace net {

namespace {

// Edge-triggered: the kernel need not look at a socket a second time to see that it has been read. EPOLLRDHUP tells of
// an end that came with the last bytes, which a read leaves behind.
std::uint32_t watched(std::uint32_t wanted) {
  if (wanted == 0) return 0;
  return wanted | std::uint32_t{EPOLLET} | ((wanted & EPOLLIN) != 0 ? std::uint32_t{EPOLLRDHUP} : 0U);
}

}  // namespace

void Tcp::Deleter::operator()(Tcp* tcp) const {
  if (tcp->secure_ != nullptr && tcp->secure_->owes_reason && tcp->state_ == State::kEnded) {
    finish(Ptr(tcp));  // closing at once could destroy the alert that tells the peer what was wrong
  } else {
    tcp->destroy();
  }
}

Tcp::Tcp(Loop& loop, int socket) : loop_(loop), socket_(socket) {
  ++loop.connections_;
}

Tcp::~Tcp() = default;

Tcp::Ptr Tcp::adopt(Loop& loop, int descriptor, const TlsServer* tls) {
  Ptr tcp(new Tcp(loop, descriptor));
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (tls != nullptr) tcp->secure_ = std::make_unique<Secure>(*tls);
  return tcp;
}

void Tcp::start(Handler& handler) {
  handler_ = &handler;
  state_ = State::kOpen;
  resume_reading();
}

Tcp::Ptr Tcp::connect(Loop& loop, const Address& target, const std::optional<Address>& source, Handler& handler,
                      const TlsClient* tls) {
  Ptr tcp(new Tcp(loop));
  tcp->handler_ = &handler;
  if (tls != nullptr) tcp->secure_ = Secure::of_client(*tls, target);
  tcp->state_ = State::kConnecting;
  const int error = tcp->begin_connect(target, source);
  if (error == -EINPROGRESS) {
    tcp->want(EPOLLOUT);
  } else {
    loop.tell_later(*tcp, error);
  }
  return tcp;
}

// 0 when the connection is open already.
int Tcp::begin_connect(const Address& target, const std::optional<Address>& source) {
  socket_ = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return -errno;
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source) {
    setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(socket_, source->get(), source->size()) != 0) return -errno;
  }
  if (::connect(socket_, target.get(), target.size()) == 0) return 0;
  if (errno != EINPROGRESS) return -errno;
  // Over loopback the handshake is over by now: asking once more saves a change of the epoll set and a wake-up.
  if (::connect(socket_, target.get(), target.size()) == 0 || errno == EISCONN) return 0;
  return errno == EALREADY ? -EINPROGRESS : -errno;
}

void Tcp::connected(int error) {
  if (error != 0) {
    end(error);
    return;
  }
  state_ = State::kOpen;
  want(EPOLLIN | (backlog_ != nullptr ? std::uint32_t{EPOLLOUT} : 0U));  // the latter: was queued before
  if (secure_ != nullptr) {
    start_tls();
  } else {
    handler_->on_open(*this);
  }
}

void Tcp::come_late(int error) {
  if (state_ == State::kConnecting) {
    connected(error);
  } else if (state_ != State::kClosing) {
    end(error);
  }
}

void Tcp::want(std::uint32_t events) {
  const int error = loop_.events_.watch(this, socket_, watched(wanted_), watched(events));
  if (error != 0) {
    loop_.tell_later(*this, error);
  } else {
    wanted_ = static_cast<std::uint8_t>(events);
  }
}

// Hang-ups and errors come whatever is wanted: reading or writing finds out what they are.
void Tcp::ready(std::uint32_t events) {
  if (state_ == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    connected(-error);
    return;
  }
  if ((wanted_ & EPOLLOUT) != 0 && (events & ~EPOLLIN) != 0) write_backlog();
  if ((events & ~EPOLLOUT) == 0) return;
  const bool to_the_end = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  while ((wanted_ & EPOLLIN) != 0 && read(to_the_end) && to_the_end) {
  }
}

void Tcp::resume_reading() {
  if (state_ == State::kOpen) want(wanted_ | EPOLLIN);
}

void Tcp::stamp_receives() {
  stamped_ = net::stamp_receives(descriptor());
}

void Tcp::pause_reading() {
  want(wanted_ & ~static_cast<std::uint32_t>(EPOLLIN));
}

// Whether there were bytes. Fewer than the buffer holds were all: others that come make an event of their own
// (epoll(7), question 9). Those that a full buffer leaves are read when the others have had their turn.
bool Tcp::read(bool to_the_end) {
  if (stamped_) loop_.receive_delay_ = oldest_unread(socket_);
  const std::span<char> buffer = loop_.read_buffer();
  ssize_t size = 0;
  do {
    size = receive(socket_, buffer);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return false;
  if (size <= 0) {
    read_end(size == 0 ? 0 : -errno);
    return false;
  }
  const wire::Bytes bytes(buffer.data(), static_cast<std::size_t>(size));
  const bool full = bytes.size() == buffer.size();
  all_is_read_ = to_the_end && !full;
  if (state_ == State::kFinishing) {
    // lingering: the peer's last words are thrown away
  } else if (secure_ != nullptr) {
    read_secure(bytes);
  } else {
    handler_->on_bytes(*this, bytes);
  }
  if (full && (wanted_ & EPOLLIN) != 0) {
    const std::uint8_t wanted = wanted_;
    pause_reading();
    want(wanted);
  }
  return true;
}

void Tcp::read_end(int error) {
  pause_reading();
  if (state_ == State::kFinishing) {
    // Else it may still read what is left, and a flush that is due sends our end.
    if (error != 0 || (backlog_ == nullptr && first_piece_ == kNone && !dirty_)) destroy();
    return;
  }
  if (error == 0 && secure_ != nullptr) {
    secure_->peer_closed();
    if (secure_->tls.state() == Tls::State::kFailed) error = kTlsError;
  }
  end(error);
}

void Tcp::end(int error) {
  if (state_ == State::kFinishing) {
    destroy();
    return;
  }
  if (state_ == State::kEnded || state_ == State::kClosing) return;
  state_ = State::kEnded;
  handler_->on_close(*this, error);
}

void Tcp::destroy() {
  if (state_ == State::kClosing) return;
  state_ = State::kClosing;
  if (linger_ != nullptr && socket_ >= 0) linger_->sink.tell(socket_);
  linger_.reset();
  // Explicitly: a process that is being forked elsewhere may hold a copy of the descriptor for a moment, and the set
  // would keep it.
  want(0);
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  loop_.bury(*this);
}

void Tcp::reset_on_close() {
  const struct ::linger option { 1, 0 };
  if (socket_ >= 0) setsockopt(socket_, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

}  // namespace net
