// TLS of one connection as a filter over bytes: ciphertext in, plaintext out, and the reverse. It knows no socket: Tcp
// plugs it in, and so does a test over memory. OpenSSL 3 through a BIO of ours that reads from the caller's buffer and
// writes to the caller's output, so that an idle connection holds no buffer of either kind.
// An instance belongs to the thread of its connection.
#pragma once

#include <openssl/ssl.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/tls_context.h"
#include "wire/bytes.h"

namespace net {

// What the connections of one thread add up to. In bytes; `wire` is everything that TLS put into TCP, `plain` what the
// protocols above handed over or got, `handshake` the part of `wire` before the connection was open.
struct TlsCounts {
  struct Direction {
    std::uint64_t wire = 0;
    std::uint64_t plain = 0;
    std::uint64_t handshake = 0;
    std::uint64_t told = 0;  // of overhead(), by new_overhead()
    std::uint64_t overhead() const { return wire - plain; }
    // What came since the last call. A record that is there in part counts as overhead until the rest is there.
    std::uint64_t new_overhead() {
      const std::uint64_t before = std::exchange(told, std::max(told, overhead()));
      return told - before;
    }
  };
  std::uint64_t handshakes = 0;  // completed; the resumed ones included
  std::uint64_t resumed = 0;     // of a session that a server knew again
  std::uint64_t failures = 0;    // handshakes that failed, records that were none
  Direction received;
  Direction sent;
  void add(const TlsCounts& other);
  void subtract(const TlsCounts& earlier);
};

// The sessions that one client may resume: the latest of each server it talked to. A simulated client resumes its own
// and nobody else's, as a real one does. Outlives the client's connections, but those that Tcp::finish() took.
class TlsSessions {
 public:
  TlsSessions() = default;
  ~TlsSessions();
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

 private:
  friend class Tls;
  friend struct TlsHooks;
  static constexpr std::size_t kMost = 16;  // servers; sessions of more are not kept
  struct Entry {
    std::string server;
    SSL_SESSION* session;
  };
  std::size_t slot(std::string_view server);  // kMost when there is none left
  std::vector<Entry> entries_;
};

// `counts` outlives the connection (but see TlsSessions).
struct TlsClient {
  const TlsContext& context;
  TlsCounts& counts;
  std::string_view host{};          // of the URL: told to the server (SNI, RFC 6066) when it is a name, and verified
  TlsSessions* sessions = nullptr;  // null: every handshake is a full one
  std::string_view server{};        // "127.0.0.1:443": whom the sessions belong to, together with `host`
};
struct TlsServer {
  const TlsContext& context;
  TlsCounts& counts;
};

class Tls {
 public:
  class Output {
   public:
    virtual void write_ciphertext(wire::Bytes bytes) = 0;

   protected:
    ~Output() = default;
  };
  enum class State : std::uint8_t {
    kHandshake,
    kOpen,
    kEnded,  // the peer said close_notify; this side may still send
    kFailed  // see error(); nothing more is read or written
  };
  static constexpr std::size_t kRecord = 16'384;  // plaintext that one record carries (RFC 8446 section 5.1)
  static constexpr std::size_t kSlack = 2 * kRecord;

  explicit Tls(const TlsClient& client);
  explicit Tls(const TlsServer& server);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  void start(Output& output);  // a client says hello; nothing to do for a server
  // Takes all of `ciphertext`, cut anywhere. `plain` must have room for its size + kSlack; returns how much of it was
  // filled. Handshake messages and alerts go to `output`. Look at state() afterwards.
  std::size_t read(wire::Bytes ciphertext, std::span<char> plain, Output& output);
  // Requires is_open(). One record for each kRecord bytes.
  void write(wire::Bytes plaintext, Output& output);
  void close(Output& output);  // says close_notify, once, if the connection was ever open
  void peer_closed();          // TCP's end has come: during the handshake this is a failure

  // From now on; the connection goes to another thread.
  void count_into(TlsCounts& counts) { counts_ = &counts; }

  State state() const { return state_; }
  bool is_open() const { return opened_ && state_ != State::kFailed; }
  bool opened() const { return opened_; }  // the handshake was completed
  bool resumed() const;
  std::string_view version() const;                    // "TLSv1.3"
  std::string_view alpn() const;                       // "http/1.1", or empty
  SSL* native() const { return ssl_.get(); }           // for tests
  const std::string& error() const { return error_; }  // one sentence without a full stop

 private:
  friend struct TlsHooks;  // OpenSSL's calls
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  void attach(const TlsContext& context);
  void name_peer(std::string_view host);
  void handshake();
  std::size_t decrypt(std::span<char> plain);
  void fail();
  void fail(std::string sentence);

  std::unique_ptr<SSL, Free> ssl_;
  const TlsContext& context_;
  TlsCounts* counts_;
  TlsSessions* sessions_ = nullptr;
  wire::Bytes input_;         // only inside a call
  Output* output_ = nullptr;  // only inside a call
  std::string error_;
  std::uint32_t slot_ = TlsSessions::kMost;
  State state_ = State::kHandshake;
  bool opened_ = false;
  bool closed_ = false;
  bool heard_ = false;  // the peer has sent something
};

}  // namespace net
