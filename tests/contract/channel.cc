#include "channel.h"

#include <gtest/gtest.h>

#include <utility>

#include "tls_ends.h"

namespace contract {

namespace {

// Made once: every channel of the program shares them, as the threads of a program do.
struct Contexts {
  net::TlsContext client = net::test_client();
  net::TlsContext server = net::test_server();
  net::TlsCounts counts;
};

Contexts& contexts() {
  static Contexts made;
  return made;
}

}  // namespace

struct Channel::Ends {
  net::End client{net::TlsClient{contexts().client, contexts().counts, "localhost"}};
  net::End server{net::TlsServer{contexts().server, contexts().counts}};
};

Channel::Channel(Kind kind) {
  if (kind == Kind::kPlain) return;
  ends_ = std::make_unique<Ends>();
  ends_->client.tls.start(ends_->client.out);
  to_server = ends_->client.out.take();
}

Channel::~Channel() = default;

bool Channel::is_open() const {
  return ends_ == nullptr || ends_->client.tls.is_open();
}

void Channel::say_to_server(wire::Bytes plain) {
  if (ends_ == nullptr) {
    to_server += plain;
  } else {
    ends_->client.write(plain);
    to_server += ends_->client.out.take();
  }
}

void Channel::say_to_client(wire::Bytes plain) {
  if (ends_ == nullptr) {
    to_client += plain;
  } else {
    ends_->server.write(plain);
    to_client += ends_->server.out.take();
  }
}

void Channel::server_leaves() {
  if (ends_ == nullptr) return;
  ends_->server.tls.close(ends_->server.out);
  to_client += ends_->server.out.take();
}

std::string Channel::heard_by_server(wire::Bytes piece) {
  if (ends_ == nullptr) return std::string(piece);
  ends_->server.read(piece);
  to_client += ends_->server.out.take();
  EXPECT_EQ(ends_->server.tls.error(), "");
  return std::exchange(ends_->server.received, {});
}

std::string Channel::heard_by_client(wire::Bytes piece) {
  if (ends_ == nullptr) return std::string(piece);
  ends_->client.read(piece);
  to_server += ends_->client.out.take();
  EXPECT_EQ(ends_->client.tls.error(), "");
  return std::exchange(ends_->client.received, {});
}

}  // namespace contract
