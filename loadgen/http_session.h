// What every technique over plain HTTP shares: one connection at a time, one request after the other, and the counting of heads.
#pragma once

#include "loadgen/technique.h"
#include "wire/http1.h"

namespace loadgen {

class HttpSession : public Session, protected wire::http1::ResponseParser::Handler {
 public:
  void start() final;
  void on_bytes(Link& link, Bytes bytes) final;
  void on_close(Link& link) override;

 protected:
  HttpSession(Host& host, const Plan& plan, const std::string& topic) : host_(host), plan_(plan), topic_(topic) {}

  virtual void on_start() {}               // start() again: wake-ups asked for before will not come
  void open();                             // drops the present connection, if any, and asks for a new one
  void drop_connection();
  bool connected() const { return link_ != nullptr; }
  // "<method> <base><route>?topic=<topic><query> HTTP/1.1", Host, `headers` (whole lines), blank line. Requires a link.
  void send(Bytes method, Bytes route, Bytes query, Bytes headers);
  bool waiting() const { return waiting_; }                      // a request is out and its answer is not complete
  void fail(Failure kind, std::string_view detail);
  void restart();

  // The head of a good answer: 200, or another status that the technique takes. Anything else has failed the session.
  virtual void on_answer(const wire::http1::Response& response) = 0;
  virtual bool takes(int) const { return false; }
  virtual void on_piece(Bytes piece) = 0;                        // of its body
  virtual void on_answer_end() = 0;
  // The connection closed before the first byte of an answer (`waiting`) or between two: no failure where requests may be repeated.
  virtual void on_idle_close(bool waiting) { fail(Failure::kClosed, "the server closed the connection before it answered"); }

  // Number of a response header such as Pushbench-Cursor; false when absent or no number.
  static bool read_number(const wire::http1::Response& response, Bytes header, std::uint64_t& number);

  Host& host_;
  const Plan& plan_;
  const std::string& topic_;

 private:
  void on_head(const wire::http1::Response& response) final;
  void on_body(Bytes piece) final;
  void on_end() final;

  wire::http1::ResponseParser parser_;
  Link* link_ = nullptr;
  bool waiting_ = false;
  bool keep_alive_ = true;                 // the answer in hand leaves the connection usable
};

}  // namespace loadgen
