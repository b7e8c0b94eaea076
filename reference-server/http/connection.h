// One client's connection over a socket: HTTP requests in order, until a technique takes it over.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "net/tcp.h"
#include "net/timer.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"
#include "wire/http1/request.h"
#include "wire/time.h"

namespace server {

class Connections;
struct Migration;

// A million of these may be subscribed: what only a connection between two requests needs is apart from what each has.
class HttpConnection final : public Connection, net::Tcp::Handler {
 public:
  HttpConnection(Connections& connections, net::Tcp::Ptr tcp);
  ~HttpConnection() override;
  void start();
  // Goes on with requests that waited for an answer to leave.
  void resume();
  // The request in hand is to be answered on another thread: goes there, with what comes behind it.
  void migrate(unsigned shard, const wire::http1::Request& request);
  void arrive(const Migration& migration);  // there: answers the request, and goes on

  void send(Bytes bytes) override;
  void send(const SharedBytes& bytes) override;
  void close() override;
  Exchange exchange() const override;
  void finish_response() override;
  void take_over(std::unique_ptr<Conversation> conversation, Input input) override;
  void release() override;
  void wake_after(Nanos delay) override;
  bool stalled() const override;
  void pause_input() override;
  void resume_input() override;
  void abort() override;

 private:
  friend class Connections;
  struct Reading;  // requests that are incomplete or wait, and deadlines; a stream has none of it

  void on_bytes(net::Tcp& tcp, Bytes bytes) override;
  void on_close(net::Tcp& tcp, int error) override;
  void on_drain(net::Tcp& tcp) override;

  Context& context() const;
  Reading& reading();  // made when there is none
  void read_requests(Bytes bytes);
  std::size_t read_request(Bytes bytes);
  void wait_for_rest(std::unique_ptr<wire::http1::RequestParser> begun, std::size_t consumed);
  void answer_parse_error(const wire::http1::RequestParser& parser, char first);
  void run_out_of_memory();
  void pass_on(Bytes bytes);
  bool migrating() const;
  void depart();
  void keep(Bytes bytes);
  void pause();
  void on_deadline();
  void expire();
  void leave();
  void set_deadline(wire::Time deadline);

  Connections& connections_;
  net::Tcp::Ptr tcp_;                           // null once the connection has ended
  std::unique_ptr<Conversation> conversation_;  // of the technique that took it over
  std::unique_ptr<Reading> reading_;
  std::uint32_t slot_ = 0;  // in the shard's list
  Exchange exchange_;
  Input input_ = Input::kIgnored;
  std::uint16_t counted_for_ = Techniques::kNone;  // technique whose gauge counts this connection
  bool waiting_ = false;                           // answers must leave before more requests are read
  bool paused_ = false;                            // reading
  bool held_ = false;                              // in the list of those that have published too much for now
  bool resuming_ = false;                          // in the shard's list of connections to resume
};

}  // namespace server
