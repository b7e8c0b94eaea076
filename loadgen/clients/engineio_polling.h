// The long-polling transport of an Engine.IO client (protocol revision 4): a GET that the server holds, and a POST for
// what the client says; at most one of each at a time.
#pragma once

#include <string>
#include <utility>

#include "loadgen/clients/http_link.h"
#include "wire/engineio.h"

namespace loadgen {

class EnginePolling final : private HttpLink::Handler, private wire::engineio::PayloadParser::Handler {
 public:
  // None of these may destroy the EnginePolling.
  class Handler {
   public:
    virtual void on_polled_packet(const wire::engineio::Packet& packet) = 0;
    virtual void on_paused() = 0;  // pause() has taken effect
    virtual void on_polling_failed(Failure kind, std::string_view detail) = 0;

   protected:
    ~Handler() = default;
  };
  // `route` and `topic` outlive it.
  EnginePolling(Host& host, const SessionConfig& plan, const std::string& route, const std::string& topic,
                Handler& handler);

  void open(std::string query);  // the handshake: the first GET
  // The handshake is in hand: from its answer on, asks again and again, and posts. `max_payload`: bytes of a request
  // body; 0: any.
  void begin(std::string query, std::size_t max_payload);
  // One packet, as in a payload: 'b' and base64 for a binary one. It leaves at once when no POST is out, else with the
  // next one.
  void send(Bytes packet);
  // The answer to a ping, which leaves as send() says. Of those that wait for the POST that is out only the latest
  // goes; false: this one has taken the place of another.
  bool send_pong(Bytes packet);
  // Lets the GET and the POST that are out end, and asks no more; on_paused() follows, perhaps at once.
  void pause();
  void resume();
  std::string take_unsent();  // packets, each ended by \x1e
  void close();
  void detach();  // the host closes the links, or has done so

  // True when the link is one of this transport's; then it has handled the event.
  bool on_open(Link& link);
  bool on_bytes(Link& link, Bytes bytes);
  bool on_close(Link& link);

 private:
  void poll();
  void post();
  void tell_when_quiet();
  void feed_held();
  void end_payload();
  void check(const char* validate);
  void on_packet(const wire::engineio::Packet& packet) override;
  void on_piece(HttpLink& from, Bytes piece) override;
  void on_answer(HttpLink& from) override;
  void on_request_failed(HttpLink& from, Failure kind, std::string_view detail) override;

  Handler& handler_;
  const std::string& route_;
  const std::string& topic_;
  HttpLink get_;
  HttpLink post_;
  std::string query_;
  std::string unsent_;  // packets, each ended by \x1e
  std::string pong_;    // one packet, ended by it, that goes before them
  wire::engineio::PayloadParser parser_;
  Bytes held_;  // of the read in hand
  std::size_t max_payload_ = 0;
  bool fed_ = false;  // the parser has some of the payload
  bool begun_ = false;
  bool paused_ = false;
  bool closed_ = false;
};

}  // namespace loadgen
