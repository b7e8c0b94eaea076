// The connections of one thread, from their acceptance until no handler can be running in them any more, and what they
// share: parsers, who has to be resumed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "net/tcp.h"
#include "net/timer.h"
#include "reference-server/http/connection.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"
#include "wire/http1/request.h"

namespace server {

struct Migration;

class Connections {
 public:
  // Where requests go; called on the thread of the loop.
  class Handler {
   public:
    virtual void on_request(HttpConnection& connection, const wire::http1::Request& request) = 0;
    // The head of a request whose body is on its way. The technique that has been told of it, or null.
    virtual Technique* on_request_begin(HttpConnection& connection, const wire::http1::Request& head) = 0;
    // The connection has left this thread; its last request is for another one.
    virtual void on_migration(std::unique_ptr<Migration> migration) = 0;

   protected:
    ~Handler() = default;
  };

  Connections(Context& context, net::Timers& timers, Handler& handler)
      : context_(context), timers_(timers), handler_(handler) {}
  ~Connections() { clear(); }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  HttpConnection& add(net::Tcp::Ptr tcp);
  void end_iteration();  // what has ended is freed
  void resume();         // those that asked for it with resume_later()
  // What the connection whose bytes are being handled has published is more than other threads keep up with: it is not
  // read until resume_publishers().
  void hold_publisher() { hold_publisher_ = true; }
  bool holds_publishers() const { return !held_.empty(); }
  void resume_publishers();
  // From now on every answer is the last one of its connection.
  void stop() { stopping_ = true; }
  void close_all();  // what was sent leaves first
  void clear();      // destroys all of them
  // The gauge of which technique counts the connection: `technique` by its index in the table, or Techniques::kNone.
  void count_for(HttpConnection& connection, std::uint16_t technique);

  // For HttpConnection.
  Context& context() { return context_; }
  net::Timers& timers() { return timers_; }
  Handler& handler() { return handler_; }
  bool stopping() const { return stopping_; }
  wire::http1::RequestParser& parser();
  std::unique_ptr<wire::http1::RequestParser> lend_parser();
  void give_back(std::unique_ptr<wire::http1::RequestParser> parser);
  void resume_later(HttpConnection& connection);
  // Whether the connection has to wait for other threads; then it is resumed.
  bool hold(HttpConnection& connection);
  void defer_delete(HttpConnection& connection);

 private:
  Context& context_;
  net::Timers& timers_;
  Handler& handler_;
  std::vector<HttpConnection*> connections_;               // owned
  std::vector<std::unique_ptr<HttpConnection>> deferred_;  // ended in this iteration: their handlers may be running
  std::vector<HttpConnection*> resuming_;
  std::vector<HttpConnection*> held_;  // that have published too much for now
  bool hold_publisher_ = false;
  std::vector<std::unique_ptr<wire::http1::RequestParser>> parsers_;
  bool stopping_ = false;
};

}  // namespace server
