#include "net/tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "net/clock.h"
#include "net/receive_delay.h"
#include "net/tcp_secure.h"

namespace net {

namespace {

constexpr std::size_t kMaxVector = 64;  // buffers a system call
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr auto kStallTime = std::chrono::seconds(30);

}  // namespace

// Output that the kernel refused: `writing` is libuv's until its callback, `waiting` came since.
struct Tcp::Backlog {
  uv_write_t request{};
  std::vector<wire::SharedBytes> writing;
  std::vector<wire::SharedBytes> waiting;
  std::size_t skip = 0;  // bytes of waiting.front() that the kernel has already
  std::size_t writing_bytes = 0;
};

struct Tcp::Linger final : Timer::Handler {
  explicit Linger(Tcp& t) : tcp(t) {}
  void on_timer(Timer&) override { tcp.destroy(); }
  Tcp& tcp;
  Timer timer;
  uv_shutdown_t request{};
};

void Tcp::Deleter::operator()(Tcp* tcp) const {
  if (tcp->secure_ != nullptr && tcp->secure_->owes_reason && tcp->state_ == State::kEnded) {
    finish(Ptr(tcp));  // closing at once could destroy the alert that tells the peer what was wrong
  } else {
    tcp->destroy();
  }
}

Tcp::Tcp(Loop& loop) : loop_(loop) {
  uv_tcp_init(loop.uv(), &handle_);
  handle_.data = this;
}

Tcp::~Tcp() = default;

Tcp::Ptr Tcp::adopt(Loop& loop, int descriptor, const TlsServer* tls) {
  Ptr tcp(new Tcp(loop));
  if (uv_tcp_open(&tcp->handle_, descriptor) != 0) {
    ::close(descriptor);
    return nullptr;
  }
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
  if (error != 0) loop.fail_later(*tcp, error);
  return tcp;
}

int Tcp::begin_connect(const Address& target, const std::optional<Address>& source) {
  const int socket = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (source) {
    setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(socket, source->get(), source->size()) != 0) {
      const int error = -errno;
      ::close(socket);
      return error;
    }
  }
  const int opened = uv_tcp_open(&handle_, socket);
  if (opened != 0) {
    ::close(socket);
    return opened;
  }
  connect_ = std::make_unique<uv_connect_t>();
  return uv_tcp_connect(connect_.get(), &handle_, target.get(), [](uv_connect_t* request, int status) {
    if (status != UV_ECANCELED) static_cast<Tcp*>(request->handle->data)->connected(status);
  });
}

void Tcp::connected(int status) {
  connect_.reset();
  if (status != 0) {
    end(status);
    return;
  }
  state_ = State::kOpen;
  resume_reading();
  if (secure_ != nullptr) {
    start_tls();
  } else {
    handler_->on_open(*this);
  }
}

void Tcp::resume_reading() {
  if (state_ != State::kOpen) return;
  uv_read_start(
      reinterpret_cast<uv_stream_t*>(&handle_),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        Tcp* tcp = static_cast<Tcp*>(handle->data);
        if (tcp->stamped_) tcp->receive_delay_ = oldest_unread(tcp->descriptor());
        const auto memory = tcp->loop_.read_buffer();
        *buffer = uv_buf_init(memory.data(), static_cast<unsigned>(memory.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
        static_cast<Tcp*>(stream->data)->read(size, buffer->base);
      });
}

void Tcp::stamp_receives() {
  stamped_ = net::stamp_receives(descriptor());
}

void Tcp::pause_reading() {
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&handle_));
}

void Tcp::read(ssize_t size, const char* data) {
  if (state_ == State::kFinishing) {  // lingering: the peer's last words are thrown away
    if (size < 0) destroy();
    return;
  }
  if (size > 0 && secure_ == nullptr) {
    handler_->on_bytes(*this, {data, static_cast<std::size_t>(size)});
  } else if (size > 0) {
    read_secure({data, static_cast<std::size_t>(size)});
  } else if (size < 0) {
    pause_reading();
    if (size == UV_EOF && secure_ != nullptr) secure_->peer_closed();
    const bool failed = size == UV_EOF && secure_ != nullptr && secure_->tls.state() == Tls::State::kFailed;
    end(failed ? kTlsError : size == UV_EOF ? 0 : static_cast<int>(size));
  }
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
  if (secure_ != nullptr) {
    encrypt();
    if (state_ == State::kConnecting) return;
  }
  if (backlog_ != nullptr || state_ == State::kConnecting) {
    refuse(0);
    return;
  }
  while (first_piece_ != kNone) {
    std::array<uv_buf_t, kMaxVector> buffers;
    unsigned count = 0;
    std::size_t offered = 0;
    for (std::uint32_t i = first_piece_; i != kNone && count < kMaxVector; i = loop_.output_.piece(i).next) {
      const wire::Bytes bytes = loop_.output_.piece(i).bytes;
      buffers[count++] = uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
      offered += bytes.size();
    }
    const int taken = uv_try_write(reinterpret_cast<uv_stream_t*>(&handle_), buffers.data(), count);
    if (taken < 0 && taken != UV_EAGAIN) {
      drop_output();
      break;
    }
    const std::size_t written = taken > 0 ? static_cast<std::size_t>(taken) : 0;
    unsent_ -= written;
    if (written < offered) {
      refuse(written);
      return;
    }
    for (; count > 0; --count) {
      OutputPool::Piece& piece = loop_.output_.piece(first_piece_);
      piece.shared = {};
      first_piece_ = piece.next;
    }
  }
  last_piece_ = kNone;
  if (state_ == State::kFinishing) {
    linger();
  } else if (drain_owed_) {
    tell_drain();
  }
}

void Tcp::tell_drain() {
  drain_owed_ = false;
  if (state_ == State::kOpen) handler_->on_drain(*this);
}

void Tcp::refuse(std::size_t taken) {
  if (backlog_ == nullptr) backlog_ = std::make_unique<Backlog>();
  drain_owed_ = true;
  for (std::uint32_t i = first_piece_; i != kNone; i = loop_.output_.piece(i).next) {
    OutputPool::Piece& piece = loop_.output_.piece(i);
    const std::size_t skip = std::min(taken, piece.bytes.size());
    taken -= skip;
    if (skip == piece.bytes.size()) continue;
    if (piece.shared) {
      if (skip > 0) backlog_->skip = skip;  // only the first that is kept can be cut
      backlog_->waiting.push_back(std::move(piece.shared));
    } else {
      backlog_->waiting.emplace_back(std::string(piece.bytes.substr(skip)));
    }
    piece.shared = {};
  }
  first_piece_ = last_piece_ = kNone;
  if (backlog_->writing.empty() && state_ != State::kConnecting) write_backlog();
}

void Tcp::write_backlog() {
  Backlog& backlog = *backlog_;
  backlog.writing.swap(backlog.waiting);
  std::vector<uv_buf_t> buffers;
  buffers.reserve(backlog.writing.size());
  backlog.writing_bytes = 0;
  std::size_t skip = std::exchange(backlog.skip, 0);
  for (const wire::SharedBytes& bytes : backlog.writing) {
    const wire::Bytes view = bytes.view().substr(skip);
    skip = 0;
    buffers.push_back(uv_buf_init(const_cast<char*>(view.data()), static_cast<unsigned>(view.size())));
    backlog.writing_bytes += view.size();
  }
  const int status = uv_write(&backlog.request, reinterpret_cast<uv_stream_t*>(&handle_), buffers.data(),
                              static_cast<unsigned>(buffers.size()), [](uv_write_t* request, int result) {
                                Tcp* tcp = static_cast<Tcp*>(request->handle->data);
                                if (tcp->state_ != State::kClosing) tcp->backlog_written(result);
                              });
  if (status != 0) drop_output();
}

void Tcp::backlog_written(int status) {
  if (status != 0) {
    drop_output();
    return;
  }
  unsent_ -= backlog_->writing_bytes;
  backlog_->writing.clear();
  if (state_ == State::kFinishing) linger_->timer.start(loop_.timers(), now() + kStallTime, *linger_);
  if (!backlog_->waiting.empty()) {
    write_backlog();
    return;
  }
  backlog_.reset();
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
  unsent_ = 0;
  first_piece_ = last_piece_ = kNone;
  if (secure_ != nullptr) secure_->first_cipher = secure_->last_cipher = kNone;
  if (backlog_ != nullptr) backlog_->waiting.clear();
  if (state_ == State::kFinishing) {
    destroy();
  } else if (uv_is_active(reinterpret_cast<uv_handle_t*>(&handle_)) == 0) {
    loop_.fail_later(*this, UV_EPIPE);
  }
}

void Tcp::finish(Ptr owned) {
  Tcp* tcp = owned.release();
  const bool open = tcp->state_ == State::kOpen || (tcp->state_ == State::kEnded && !tcp->write_failed_);
  if (!open || tcp->write_failed_) {
    tcp->destroy();
    return;
  }
  tcp->state_ = State::kFinishing;
  tcp->handler_ = nullptr;
  tcp->linger_ = std::make_unique<Linger>(*tcp);
  tcp->linger_->timer.start(tcp->loop_.timers(), now() + kStallTime, *tcp->linger_);
  if (tcp->secure_ != nullptr) tcp->say_goodbye();
  if (tcp->backlog_ == nullptr) tcp->loop_.flush_later(*tcp);  // its flush() lingers when nothing is left
}

void Tcp::linger() {
  linger_->timer.start(loop_.timers(), now() + kLingerTime, *linger_);
  const int status =
      uv_shutdown(&linger_->request, reinterpret_cast<uv_stream_t*>(&handle_), [](uv_shutdown_t*, int) {});
  if (status != 0) {
    destroy();
    return;
  }
  state_ = State::kOpen;  // resume_reading() asks for it
  resume_reading();
  state_ = State::kFinishing;
}

void Tcp::destroy() {
  if (state_ == State::kClosing) return;
  state_ = State::kClosing;
  loop_.forget(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_),
           [](uv_handle_t* handle) { delete static_cast<Tcp*>(handle->data); });
}

int Tcp::descriptor() const {
  uv_os_fd_t descriptor = -1;
  return uv_fileno(reinterpret_cast<const uv_handle_t*>(&handle_), &descriptor) == 0 ? descriptor : -1;
}

void Tcp::reset_on_close() {
  const struct ::linger option { 1, 0 };
  const int socket = descriptor();
  if (socket >= 0) setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

}  // namespace net
