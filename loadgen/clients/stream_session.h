// What the endless HTTP answers share (`http-streaming`, `forever-frame`, `sse`): one request, subscribed at the head,
// the cursor kept for the next connection.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "loadgen/clients/http_session.h"

namespace loadgen {

class StreamSession : public HttpSession {
 public:
  void on_open(Link& link) final;

 protected:
  StreamSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route);
  ~StreamSession() override;

  virtual Bytes request_method() const { return {}; }  // empty: the plan's
  virtual Bytes request_body() const { return {}; }    // with a method of its own
  virtual void append_query(std::string&) const {}     // such as "&limit=100"
  virtual Bytes request_headers() = 0;
  // Empty, or what is wrong with a head of status 200.
  virtual std::string_view check(const wire::http1::Response&) { return {}; }
  virtual void on_stream_start() = 0;        // a new body follows: forget what was unfinished
  virtual void on_content(Bytes piece) = 0;  // of the body, decompressed

  // A codec may hand out the rest of a read after the session has failed: it counts for nothing.
  void received(Bytes payload) {
    if (!connected()) return;
    ++cursor_;
    host_.deliver(payload);
  }
  void received(const Event& event) {
    if (!connected()) return;
    if (event.is_message()) ++cursor_;
    host_.deliver_event(event);
  }
  void lost(std::uint64_t first, std::uint64_t last) {
    if (!connected()) return;
    host_.counts().gap_messages += last - first + 1;
    cursor_ = last;
  }

 private:
  void on_answer(const wire::http1::Response& response) final;
  void on_piece(Bytes piece) final;
  void on_answer_end() final { restart(); }  // the server ended the body as it should: more by the cursor

  struct Gunzip;
  bool knows_cursor_ = false;
  std::unique_ptr<Gunzip> gunzip_;  // of a body with Content-Encoding: gzip
  std::uint64_t cursor_ = 0;        // sequence of the last message received
};

}  // namespace loadgen
