// The server without sockets: every technique over connections in memory, one loop iteration at a time, on the test's
// own clock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reference-server/http/routes.h"
#include "reference-server/http/stats_page.h"
#include "reference-server/log/hub.h"
#include "reference-server/log/topics.h"
#include "reference-server/options.h"
#include "reference-server/seam/reply.h"
#include "reference-server/seam/technique.h"
#include "reference-server/seam/techniques.h"
#include "reference-server/stats.h"
#include "wire/lines.h"

namespace server {

// A client's connection. The kernel's part is played by `window`: how many bytes it takes in all; the client reads what
// it took.
class MemoryConnection final : public Connection {
 public:
  void send(Bytes bytes) override;
  void send(const SharedBytes& bytes) override;
  void close() override;
  Exchange exchange() const override { return exchange_; }
  void finish_response() override;
  void take_over(std::unique_ptr<Conversation> conversation, Input input) override;
  void release() override;
  void wake_after(Nanos delay) override { wake_ = delay; }
  bool stalled() const override { return stalled_; }
  void pause_input() override { paused = true; }
  void resume_input() override { paused = false; }
  void abort() override;

  void feed(Bytes bytes);  // bytes from the client to the technique that has taken over
  void leave();            // the client closes
  void wake();             // the time asked for is over
  void offer();            // the end of an iteration: the kernel takes what it can

  std::string taken;               // by the kernel, in order
  std::vector<const char*> sends;  // address of each buffer handed over, since the last clear()
  std::size_t window = SIZE_MAX;   // bytes the kernel still takes
  std::uint64_t finished = 0;      // answers
  std::optional<Nanos> wake_;
  bool open = true;
  bool aborted = false;
  bool paused = false;  // the server reads nothing
  Exchange exchange_;

 private:
  std::unique_ptr<Conversation> conversation_;
  std::string unsent_;
  std::vector<SharedBytes> held_;  // while anything is unsent, as a socket does
  bool stalled_ = false;
};

class MemoryServer final : public Context {
 public:
  explicit MemoryServer(Options server_options = {});
  ~MemoryServer() override;

  MemoryConnection& connect();
  // One request; headers as whole lines.
  void request(MemoryConnection& connection, std::string_view method, std::string_view target,
               std::string_view headers = {}, std::string_view body = {}, int version_minor = 1);
  void handle(MemoryConnection& connection, const wire::http1::Request& request);
  MemoryConnection& get(std::string_view target, std::string_view headers = {});  // connects and asks
  MemoryConnection& subscribe(std::string_view technique,
                              std::string_view query);  // the handshake of a WebSocket included
  void say(std::string_view topic, Bytes payload) { publish(topic, payload, true); }
  void iterate();                         // to the end of the loop iteration
  void settle();                          // iterates until nothing more is asked for
  void tick(std::string_view technique);  // the time that it asked for is over
  void shut_down();
  TechniqueStats& counters(std::string_view technique);

  // Context.
  Publication publish(std::string_view topic, Bytes payload, bool is_text, std::uint64_t origin = 0) override;
  std::uint64_t new_origin() override { return hub_.new_origin(); }
  void catch_up() override { drain_inbox(); }
  Bytes common_headers() override { return "Date: now\r\n"; }
  void tick_after(Technique& technique, Nanos delay) override { ticks[&technique] = delay; }
  wire::Time now() override { return clock; }
  void flush_again() override { again_ = true; }

  Options server_options;
  Stats all_stats{own_counters()};
  wire::Time clock{};
  std::map<Technique*, Nanos> ticks;

 private:
  static std::uint16_t index_of(std::string_view technique);
  void drain_inbox();

  Hub hub_;
  Inbox inbox_;
  Topics all_topics_;
  StatsPage stats_page_;
  Techniques techniques_;
  Routes routes_;
  std::vector<std::unique_ptr<MemoryConnection>> connections_;
  bool again_ = false;
};

// What a client of `technique` makes of the bytes it got: messages in order, gap notices as "[gap 3-7]", anything
// unexpected as "[...]".
std::vector<std::string> messages_of(std::string_view technique, std::string_view stream);
// The head and the body of one response with Content-Length.
struct PlainResponse {
  int status = 0;
  std::string head;
  std::string body;
};
PlainResponse response_of(std::string_view bytes);

using Messages = std::vector<std::string>;

}  // namespace server
