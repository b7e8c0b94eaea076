// What every technique over plain HTTP shares: one connection at a time, one request after the other, redirects, and
// the counting of heads.
#pragma once

#include <memory>

#include "loadgen/clients/technique.h"
#include "wire/http1/response.h"

namespace loadgen {

class HttpSession : public Session, protected wire::http1::ResponseParser::Handler {
 public:
  void start() final;
  void on_bytes(Link& link, Bytes bytes) final;
  void on_close(Link& link) override;

 protected:
  // `route` is a literal of the technique, "/sse".
  HttpSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route);
  ~HttpSession() override;

  virtual void on_start() {}  // start() again: wake-ups asked for before will not come
  void open();                // drops the present connection, if any, and asks for a new one
  void drop_connection();
  bool connected() const { return link_ != nullptr; }
  // Sends the plan's request (loadgen/clients/request.h) with this query and these header lines. `method` and `body`:
  // the technique's own choice; no method: the plan's of both. Requires a link.
  void request(Bytes query, Bytes headers, Bytes method = {}, Bytes body = {});
  bool waiting() const { return waiting_; }  // a request is out and its answer is not complete
  void fail(Failure kind, std::string_view detail);
  void give_up(Failure kind, std::string_view detail);
  void restart();
  // An answer that this technique cannot go on with. Most may be better at the next attempt; others know that it will
  // not.
  virtual void refuse(Failure kind, std::string_view detail) { fail(kind, detail); }

  // The head of a good answer: 200, or another status that the technique takes. A redirect has been followed, anything
  // else has been refused.
  virtual void on_answer(const wire::http1::Response& response) = 0;
  virtual bool takes(int) const { return false; }
  virtual void on_piece(Bytes piece) = 0;  // of its body
  virtual void on_answer_end() = 0;
  // The connection closed before the first byte of an answer (`waiting`) or between two: no failure where requests may
  // be repeated.
  virtual void on_idle_close(bool waiting) {
    fail(Failure::kClosed, "the server closed the connection before it answered");
  }

  // Number of a response header such as Pushbench-Cursor; false when absent or no number.
  static bool read_number(const wire::http1::Response& response, Bytes header, std::uint64_t& number);

  Host& host_;
  const SessionConfig& plan_;
  const std::string& topic_;

 private:
  void on_head(const wire::http1::Response& response) final;
  void on_body(Bytes piece) final;
  void on_end() final;
  bool follow(const wire::http1::Response& response);
  void open_redirected();

  struct Redirect;
  const char* route_;
  std::unique_ptr<Redirect> redirect_;  // of the present connection; most have none
  wire::http1::ResponseParser parser_;
  Link* link_ = nullptr;
  bool waiting_ = false;
  bool posted_ = false;     // the request is a POST
  bool keep_alive_ = true;  // the answer in hand leaves the connection usable
};

}  // namespace loadgen
