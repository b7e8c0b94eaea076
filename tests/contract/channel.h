// The way between client and server: each side's bytes as they are, or TLS around them. A stream keeps all that was
// ever said, so that the test can count where it cuts.
#pragma once

#include <memory>
#include <string>

#include "net/tls.h"

namespace contract {

class Channel {
 public:
  enum class Kind { kPlain, kTls };
  explicit Channel(Kind kind);
  ~Channel();

  // The client says nothing before it is open.
  bool is_open() const;
  bool is_tls() const { return ends_ != nullptr; }
  void say_to_server(wire::Bytes plain);
  void say_to_client(wire::Bytes plain);
  void server_leaves();  // close_notify
  // What a piece of the other side's stream means.
  std::string heard_by_server(wire::Bytes piece);
  std::string heard_by_client(wire::Bytes piece);

  std::string to_server;
  std::string to_client;

 private:
  struct Ends;
  std::unique_ptr<Ends> ends_;  // null: plain
};

}  // namespace contract
