#include "loadgen/run/post_connection.h"

#include <fmt/format.h>

#include <utility>

#include "loadgen/clients/request.h"
#include "loadgen/run/socket_failure.h"

namespace loadgen {

PostConnection::PostConnection(const RunSpec& spec, net::Loop& loop, Owner& owner, SessionCounts* counts,
                               net::TlsCounts& tls_counts)
    : spec_(spec), loop_(loop), owner_(owner), counts_(counts), tls_counts_(tls_counts) {}

void PostConnection::connect(const std::optional<net::Address>& source) {
  if (spec_.publish.secure) {
    const net::TlsClient tls = spec_.tls->client(spec_.publish_tls_host, tls_counts_, tls_sessions_);
    tcp_ = net::Tcp::connect(loop_, spec_.publish.address, source, *this, &tls);
  } else {
    tcp_ = net::Tcp::connect(loop_, spec_.publish.address, source, *this);
  }
}

void PostConnection::on_open(net::Tcp&) {
  open_ = true;
  if (counts_ != nullptr) counts_->add_connection_begin();
  parser_.reset();
  if (waiting_.count > 0) send(std::exchange(waiting_, {}));
  owner_.on_posting_open();
}

void PostConnection::post(std::uint64_t message, wire::Bytes payload) {
  thread_local Requests single;
  single.clear();
  Requests& requests = open_ ? single : waiting_;
  std::string& request = requests.text;
  const std::size_t before = request.size();
  const PublishTarget& target = spec_.publish;
  request.append(target.method_and_base);
  append_path(request, target.path, spec_.plan.topics[spec_.topic_of(message)]);
  request.append(target.headers);
  fmt::format_to(std::back_inserter(request), "{}\r\n\r\n", payload.size());
  requests.http_bytes += request.size() - before;
  request += payload;
  ++requests.count;
  outstanding_.push_back(message);
  if (open_) send(single);
}

// What waited for a connection that did not come about was never sent: every kind of its bytes is counted here.
void PostConnection::send(const Requests& requests) {
  if (counts_ != nullptr) {
    counts_->requests += requests.count;
    counts_->sent.http += requests.http_bytes;
    counts_->sent.payload += requests.text.size() - requests.http_bytes;
    counts_->sent.add_transfer(requests.text.size(), tls_counts_.sent.new_overhead());
  }
  tcp_->send(wire::Bytes(requests.text));
}

void PostConnection::on_bytes(net::Tcp&, wire::Bytes bytes) {
  if (counts_ != nullptr) counts_->received.add_transfer(bytes.size(), tls_counts_.received.new_overhead());
  while (!bytes.empty() && open_) {
    std::size_t consumed = 0;
    const wire::http1::Parsed parsed = parser_.feed(bytes, consumed, *this);
    if (parsed == wire::http1::Parsed::kError) {
      fail(Failure::kProtocol, "bad answer to a publish: " + parser_.error_text());
      return;
    }
    if (counts_ != nullptr) counts_->received.http += consumed;  // bodies say nothing here: they belong to the exchange
    if (parsed == wire::http1::Parsed::kNeedMore) return;
    bytes.remove_prefix(consumed);
    parser_.reset();
  }
}

void PostConnection::on_head(const wire::http1::Response& response) {
  accepted_ = response.status >= 200 && response.status < 300;
  if (!accepted_) {
    owner_.on_posting_failure(Failure::kStatus, fmt::format("publish: HTTP {} {}", response.status, response.reason));
  }
}

void PostConnection::on_end() {
  if (outstanding_.empty()) return;
  const std::uint64_t message = outstanding_.front();
  outstanding_.pop_front();
  if (accepted_) {
    owner_.on_published(message);
  } else {
    owner_.on_unpublished(message);
  }
}

void PostConnection::on_close(net::Tcp&, int error) {
  if (open_ && outstanding_.empty() && error != net::Tcp::kTlsError) return give_up();
  fail(error == 0 ? Failure::kClosed : socket_failure(error),
       "publish to " + spec_.publish.address.text() + ": " +
           (error == 0 ? "closed by the server" : tcp_->error_text(error)));
}

void PostConnection::fail(Failure kind, std::string_view detail) {
  owner_.on_posting_failure(kind, detail);
  give_up();
  owner_.on_posting_closed();
}

net::Segments PostConnection::segments() const {
  net::Segments all = ended_segments_;
  if (tcp_ != nullptr) all += net::read_segments(tcp_->descriptor());
  return all;
}

void PostConnection::give_up() {
  if (std::exchange(open_, false) && counts_ != nullptr) counts_->add_connection_end();
  ended_segments_ = segments();
  tcp_.reset();
  waiting_ = {};
  for (const std::uint64_t message : std::exchange(outstanding_, {})) owner_.on_unpublished(message);
}

}  // namespace loadgen
