// One keep-alive connection on which a session asks one request after the other; for sessions that keep several at a
// time (Engine.IO polling: a GET and a POST). It connects when it is first asked and again after the server has closed
// it between two requests. Holds no buffer while it waits.
#pragma once

#include <string>

#include "loadgen/clients/request.h"
#include "loadgen/clients/technique.h"
#include "wire/http1/response.h"

namespace loadgen {

class HttpLink final : private wire::http1::ResponseParser::Handler {
 public:
  // None of these may destroy the HttpLink; all may close or forget its connection. on_answer() may ask again.
  class Handler {
   public:
    virtual void on_piece(HttpLink& from, Bytes piece) = 0;  // of the body of a 200
    virtual void on_answer(HttpLink& from) = 0;              // it is complete
    // Another status, bytes that are no HTTP, or a connection that closed before the answer was complete. Detached.
    virtual void on_request_failed(HttpLink& from, Failure kind, std::string_view detail) = 0;

   protected:
    ~Handler() = default;
  };
  HttpLink(Host& host, const SessionConfig& plan, Handler& handler) : host_(host), plan_(plan), handler_(handler) {}

  void ask(const RequestText& request);  // requires !busy()
  bool busy() const { return busy_; }    // asked, and the answer is not complete
  bool is(const Link& link) const { return link_ == &link; }
  void close();
  void detach();  // the link is closed, or will be by the host

  // The events of its link.
  void on_open();
  void on_bytes(Bytes bytes);
  void on_close();

 private:
  void send(Bytes request);
  void fail(Failure kind, std::string_view detail);
  void fail_with_status();
  void on_head(const wire::http1::Response& response) override;
  void on_body(Bytes piece) override;
  void on_end() override {}  // on_bytes() acts after the parser has returned

  Host& host_;
  const SessionConfig& plan_;
  Handler& handler_;
  wire::http1::ResponseParser parser_;
  std::string unsent_;   // a request, while the connection is being made
  std::string refusal_;  // what an answer other than 200 says, as far as it is told
  Link* link_ = nullptr;
  bool open_ = false;
  bool busy_ = false;
  bool keep_alive_ = true;  // the answer in hand leaves the connection usable
};

}  // namespace loadgen
