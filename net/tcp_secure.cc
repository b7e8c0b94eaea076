#include "net/tcp_secure.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace net {

namespace {

// Packs pieces into records: copies only what shares a record with another piece.
class Packer {
 public:
  Packer(Tls& tls, Tls::Output& output, std::span<char> record) : tls_(tls), output_(output), record_(record) {}

  void add(wire::Bytes piece, bool is_last) {
    while (!piece.empty()) {
      const std::size_t whole = is_last ? piece.size() : piece.size() - piece.size() % record_.size();
      if (used_ == 0 && whole > 0) {
        tls_.write(piece.substr(0, whole), output_);
        piece.remove_prefix(whole);
        continue;
      }
      const std::size_t taken = std::min(piece.size(), record_.size() - used_);
      std::memcpy(record_.data() + used_, piece.data(), taken);
      used_ += taken;
      piece.remove_prefix(taken);
      if (used_ == record_.size() || is_last) finish();
    }
  }
  void finish() { tls_.write({record_.data(), std::exchange(used_, 0)}, output_); }

 private:
  Tls& tls_;
  Tls::Output& output_;
  std::span<char> record_;
  std::size_t used_ = 0;
};

}  // namespace

std::unique_ptr<Tcp::Secure> Tcp::Secure::of_client(TlsClient client, const Address& target) {
  const std::string server = client.sessions != nullptr ? target.text() : std::string();
  client.server = server;
  return std::make_unique<Secure>(client);
}

// Appends what TLS says to the connection's output of this iteration.
struct Tcp::Cipher final : Tls::Output {
  explicit Cipher(Tcp& t) : tcp(t) {}
  void write_ciphertext(wire::Bytes bytes) override {
    if (tcp.write_failed_ || bytes.empty()) return;
    Secure& secure = *tcp.secure_;
    tcp.unsent_ += bytes.size();
    tcp.loop_.output_.append_copy(secure.first_cipher, secure.last_cipher, bytes);
    tcp.loop_.flush_later(tcp);
  }
  Tcp& tcp;
};

void Tcp::start_tls() {
  Cipher output(*this);
  secure_->tls.start(output);
  if (secure_->tls.state() == Tls::State::kFailed) fail_tls();
}

void Tcp::read_secure(wire::Bytes ciphertext) {
  Cipher output(*this);
  Tls& tls = secure_->tls;
  const bool was_open = tls.opened();
  const std::span<char> plain = loop_.plain_buffer();
  const std::size_t size = tls.read(ciphertext, plain, output);
  if (!was_open && tls.opened()) {
    if (!secure_->early.empty()) loop_.flush_later(*this);
    if (secure_->is_client) handler_->on_open(*this);
  }
  if (size > 0 && state_ == State::kOpen) handler_->on_bytes(*this, {plain.data(), size});
  if (state_ != State::kOpen) return;  // the handler let go of it
  if (tls.state() == Tls::State::kEnded) {
    pause_reading();
    end(0);
  } else if (tls.state() == Tls::State::kFailed) {
    fail_tls();
  }
}

void Tcp::fail_tls() {
  pause_reading();
  secure_->owes_reason = secure_->first_cipher != kNone;
  end(kTlsError);
}

void Tcp::encrypt() {
  if (state_ == State::kFinishing) return;  // say_goodbye() has done it
  encrypt_queue();
  take_ciphertext();
}

// Plaintext that is queued has been counted as unsent; from here on its records are.
void Tcp::encrypt_queue() {
  Secure& secure = *secure_;
  Cipher output(*this);
  OutputPool& pool = loop_.output_;
  if (secure.tls.is_open()) {
    if (!secure.early.empty()) {
      unsent_ -= secure.early.size();
      secure.tls.write(secure.early, output);
      secure.early = {};
    }
    Packer packer(secure.tls, output, loop_.record_buffer());
    for (std::uint32_t i = first_piece_; i != kNone; i = pool.piece(i).next) {
      const wire::SharedBytes kept = std::move(pool.piece(i).shared);
      const wire::Bytes bytes = pool.piece(i).bytes;
      unsent_ -= bytes.size();
      packer.add(bytes, pool.piece(i).next == kNone);
    }
  } else {
    for (std::uint32_t i = first_piece_; i != kNone; i = pool.piece(i).next) {
      secure.early += pool.piece(i).bytes;
      pool.piece(i).shared = {};
    }
  }
  first_piece_ = last_piece_ = kNone;
}

void Tcp::take_ciphertext() {
  first_piece_ = std::exchange(secure_->first_cipher, kNone);
  last_piece_ = std::exchange(secure_->last_cipher, kNone);
}

void Tcp::encrypt_for_good() {
  encrypt_queue();
  take_ciphertext();
}

void Tcp::say_goodbye() {
  encrypt_queue();
  Cipher output(*this);
  secure_->tls.close(output);
  take_ciphertext();
}

std::string Tcp::error_text(int error) const {
  if (error == kTlsError) return secure_->tls.error();
  return error == -EAFNOSUPPORT ? "unknown host" : std::strerror(-error);
}

bool Tcp::truncated() const {
  return secure_ != nullptr && secure_->truncated;
}

}  // namespace net
