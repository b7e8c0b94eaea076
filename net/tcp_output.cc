#include "net/tcp_output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "net/clock.h"
#include "net/system_calls.h"
#include "net/tcp_secure.h"

namespace net {

namespace {

constexpr std::size_t kMaxVector = 64;  // buffers a system call
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr auto kStallTime = std::chrono::seconds(30);

// Buffers of one system call.
class Vector {
 public:
  bool full() const { return count_ == kMaxVector; }
  std::size_t count() const { return count_; }
  std::size_t size() const { return size_; }
  void add(wire::Bytes bytes) {
    buffers_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
    size_ += bytes.size();
  }
  // How much the kernel took; a negative errno when writing has failed for good.
  ssize_t write(int socket) {
    ssize_t written = 0;
    do {
      written =
          count_ == 1 ? transmit(socket, {static_cast<const char*>(buffers_[0].iov_base), size_}) : gather(socket);
    } while (written < 0 && errno == EINTR);
    if (written >= 0) return written;
    return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
  }

 private:
  // Apart from one buffer: the kernel copies and checks a header and a list for it.
  ssize_t gather(int socket) {
    msghdr message{};
    message.msg_iov = buffers_.data();
    message.msg_iovlen = count_;
    return sendmsg(socket, &message, MSG_NOSIGNAL);
  }

  std::array<iovec, kMaxVector> buffers_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
};

}  // namespace

void Tcp::send(wire::Bytes bytes) {
  if (write_failed_ || bytes.empty()) return;
  unsent_ += bytes.size();
  loop_.output_.append_copy(first_piece_, last_piece_, bytes);
  loop_.flush_later(*this);
}

void Tcp::send(const wire::SharedBytes& bytes) {
  if (write_failed_ || bytes.empty()) return;
  unsent_ += bytes.size();
  loop_.output_.append_shared(first_piece_, last_piece_, bytes);
  loop_.flush_later(*this);
}

void Tcp::flush() {
  if (state_ == State::kClosing) return;
  if (secure_ != nullptr) {
    encrypt();
    if (state_ == State::kConnecting) return;
  }
  if (backlog_ != nullptr || state_ == State::kConnecting) {
    refuse(0);
    return;
  }
  while (first_piece_ != kNone) {
    Vector vector;
    for (std::uint32_t i = first_piece_; i != kNone && !vector.full(); i = loop_.output_.piece(i).next) {
      vector.add(loop_.output_.piece(i).bytes);
    }
    const ssize_t written = vector.write(socket_);
    if (written < 0) {
      drop_output();
      break;
    }
    unsent_ -= static_cast<std::size_t>(written);
    if (static_cast<std::size_t>(written) < vector.size()) {
      refuse(static_cast<std::size_t>(written));
      return;
    }
    for (std::size_t i = vector.count(); i > 0; --i) {
      OutputPool::Piece& piece = loop_.output_.piece(first_piece_);
      piece.shared = {};
      first_piece_ = piece.next;
    }
  }
  last_piece_ = kNone;
  if (state_ == State::kFinishing) {
    linger();
  } else if (refused_) {
    tell_drain();
  }
}

void Tcp::tell_drain() {
  refused_ = false;
  if (state_ == State::kOpen) handler_->on_drain(*this);
}

void Tcp::refuse(std::size_t taken) {
  if (backlog_ == nullptr) backlog_ = std::make_unique<Backlog>(*this);
  refused_ = true;
  for (std::uint32_t i = first_piece_; i != kNone; i = loop_.output_.piece(i).next) {
    OutputPool::Piece& piece = loop_.output_.piece(i);
    const std::size_t skip = std::min(taken, piece.bytes.size());
    taken -= skip;
    if (skip == piece.bytes.size()) continue;
    if (piece.shared) {
      if (skip > 0) backlog_->skip = skip;  // only the first that is kept can be cut
      backlog_->pieces.push_back(std::move(piece.shared));
    } else {
      backlog_->pieces.emplace_back(std::string(piece.bytes.substr(skip)));
    }
    piece.shared = {};
  }
  first_piece_ = last_piece_ = kNone;
  if (state_ != State::kConnecting) want(wanted_ | EPOLLOUT);
}

void Tcp::write_backlog() {
  Backlog& backlog = *backlog_;
  while (backlog.first < backlog.pieces.size()) {
    Vector vector;
    for (std::size_t i = backlog.first; i < backlog.pieces.size() && !vector.full(); ++i) {
      vector.add(backlog.pieces[i].view().substr(i == backlog.first ? backlog.skip : 0));
    }
    const ssize_t written = vector.write(socket_);
    if (written < 0) {
      drop_output();
      return;
    }
    auto taken = static_cast<std::size_t>(written);
    unsent_ -= taken;
    if (taken > 0) backlog.wait();
    if (taken > 0 && linger_ != nullptr) linger_->timer.start(loop_.timers(), now() + kStallTime, *linger_);
    const bool refused = taken < vector.size();
    while (backlog.first < backlog.pieces.size()) {
      const std::size_t left = backlog.pieces[backlog.first].size() - backlog.skip;
      if (taken < left) break;
      taken -= left;
      backlog.skip = 0;
      backlog.pieces[backlog.first++] = {};
    }
    backlog.skip += taken;
    if (refused) {
      backlog.shrink();
      return;
    }
  }
  backlog_written();
}

void Tcp::backlog_written() {
  backlog_.reset();
  want(wanted_ & ~static_cast<std::uint32_t>(EPOLLOUT));
  if (state_ == State::kFinishing) {
    if (first_piece_ == kNone) linger();
  } else if (unsent_ == 0) {
    tell_drain();  // else the flush of what this iteration has queued tells it
  }
}

// Writing has failed. The end is told by the reading side, which may still hold the peer's last words (an error answer,
// say).
void Tcp::drop_output() {
  write_failed_ = true;
  refused_ = false;
  unsent_ = 0;
  first_piece_ = last_piece_ = kNone;
  if (secure_ != nullptr) secure_->first_cipher = secure_->last_cipher = kNone;
  backlog_.reset();
  if (state_ == State::kFinishing) {
    destroy();
    return;
  }
  want(wanted_ & ~static_cast<std::uint32_t>(EPOLLOUT));
  if ((wanted_ & EPOLLIN) == 0) loop_.tell_later(*this, -EPIPE);
}

bool Tcp::ended_by_peer() const {
  return state_ == State::kEnded && !write_failed_ &&
         (secure_ == nullptr || secure_->tls.state() != Tls::State::kFailed);
}

void Tcp::finish(Ptr tcp, const SegmentSink& sink) {
  finish(std::move(tcp), false, sink);
}

void Tcp::finish_after_peer(Ptr tcp, const SegmentSink& sink) {
  const bool open = tcp->state_ == State::kOpen;  // else the peer has closed already
  finish(std::move(tcp), open, sink);
}

void Tcp::finish(Ptr owned, bool peer_first, const SegmentSink& sink) {
  Tcp* tcp = owned.release();
  const bool open = tcp->state_ == State::kOpen || (tcp->state_ == State::kEnded && !tcp->write_failed_);
  if (!open || tcp->write_failed_) {
    tcp->destroy();
    return;
  }
  if (tcp->is_over()) {
    tcp->answer_the_end(sink);
    return;
  }
  tcp->state_ = State::kFinishing;
  tcp->handler_ = nullptr;
  tcp->linger_ = std::make_unique<Linger>(*tcp);
  tcp->linger_->timer.start(tcp->loop_.timers(), now() + kStallTime, *tcp->linger_);
  tcp->linger_->peer_first = peer_first;
  tcp->linger_->sink = sink;
  if (tcp->secure_ != nullptr) peer_first ? tcp->encrypt_for_good() : tcp->say_goodbye();
  if (tcp->backlog_ == nullptr) tcp->loop_.flush_later(*tcp);  // its flush() lingers when nothing is left
}

// Whether inside on_bytes the peer's end is all that would ever come, and nothing is left for the peer.
bool Tcp::is_over() const {
  return state_ == State::kOpen && all_is_read_ && secure_ == nullptr && backlog_ == nullptr && first_piece_ == kNone;
}

void Tcp::answer_the_end(const SegmentSink& sink) {
  shutdown(socket_, SHUT_WR);  // before the count
  sink.tell(socket_);
  destroy();
}

void Tcp::linger() {
  linger_->timer.start(loop_.timers(), now() + kLingerTime, *linger_);
  if (!linger_->peer_first && shutdown(socket_, SHUT_WR) != 0) {
    destroy();
  } else {
    want(EPOLLIN);
  }
}

}  // namespace net
