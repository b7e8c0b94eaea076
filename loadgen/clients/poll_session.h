// What `polling` and `long-polling` share: ask with a cursor, read an answer of lines, keep the cursor for the next
// request. They differ in when they ask again. A server that numbers nothing is asked by the validators of its last
// answer (RFC 9110 sections 13.1.2 and 13.1.3), whose body is one message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "loadgen/clients/http_session.h"
#include "wire/lines.h"

namespace loadgen {

class PollSession : public HttpSession, private wire::lines::Splitter::Handler {
 public:
  void on_open(Link& link) final;

 protected:
  enum class Resume : std::uint8_t { kCursor, kValidators };
  PollSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route, bool keep_alive,
              Resume resume = Resume::kCursor);
  ~PollSession() override;

  // Asks for everything after the cursor, on the present connection or on a new one.
  void ask();
  virtual Bytes hold_query() const = 0;     // "&hold=25000", or empty
  virtual Bytes priming_query() const = 0;  // of the first request, which only learns the cursor: answered at once
  virtual bool conditional() const {
    return false;
  }                                    // If-None-Match with the ETag of the last answer; then 304 is an empty answer
  virtual void on_asked(bool held) {}  // a request has left, which the server may hold or must answer at once
  virtual void on_polled() = 0;        // an answer has been read; the subscriber is subscribed by now

 private:
  void send_request();
  Bytes headers() const;
  void append_validators(std::string& headers) const;
  bool takes(int status) const final;
  void on_answer(const wire::http1::Response& response) final;
  void take_validators(const wire::http1::Response& response);
  void on_piece(Bytes piece) final;
  void on_answer_end() final;
  void on_idle_close(bool waiting) final;
  void on_message(Bytes payload) final;
  void on_gap(wire::lines::Gap gap) final;
  void on_bad_line(Bytes line) final { fail(Failure::kProtocol, "a line that is no message and no notice"); }

  struct Validators;
  std::unique_ptr<Validators> validators_;  // null: by cursor
  wire::lines::Splitter splitter_;
  std::string tag_;                  // of that answer, when conditional
  std::uint64_t cursor_ = 0;         // sequence of the last message received
  std::uint64_t answer_cursor_ = 0;  // what it is at the end of the last answer
  std::uint32_t messages_ = 0;       // in the answer in hand
  bool keep_alive_;
  bool knows_cursor_ = false;
  bool fresh_ = true;  // the connection has answered nothing yet
};

}  // namespace loadgen
