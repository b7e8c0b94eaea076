// What every technique in the table must do: each message once and in order, however the stream is cut, and again after
// a connection breaks anywhere. A technique is tested by being in the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "wire/message.h"
#include "world.h"

namespace contract {
namespace {

using Messages = std::vector<std::string>;

// Payloads that meet every escape: plain text, JSON, line feeds, DLE, what looks like markup, an empty-looking one, a
// long one.
const Messages& texts() {
  static const Messages kTexts = {"hello",
                                  R"({"a":"b\\n","c":[1,2,3]})",
                                  "two\nlines",
                                  "a\x10line\x10",
                                  "data: not a field\nid: 7",
                                  ": no comment",
                                  "</script><!--",
                                  " leading and trailing ",
                                  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
                                  std::string(300, 'x'),
                                  "0",
                                  "last"};
  return kTexts;
}

class Contract : public testing::TestWithParam<Subject> {
 protected:
  // What is published for a text: itself, or a message with a marker where only markers tell where messages end.
  static std::string message(const std::string& text) {
    if (GetParam().name.find("raw") == std::string::npos) return text;
    std::string marked;
    wire::append_payload(marked, {.publisher = 1,
                                  .sequence = std::hash<std::string>()(text) % 1'000'000 + 1,
                                  .length = static_cast<std::uint32_t>(wire::kMarkerSize + text.size())});
    return marked;
  }
  static Messages payloads() {
    Messages all;
    for (const std::string& text : texts()) all.push_back(message(text));
    return all;
  }
  // Subscribes, then publishes all payloads: the first third one by one, the rest at once.
  static void converse(World& world) {
    world.settle(0);
    const std::size_t alone = payloads().size() / 3;
    for (std::size_t i = 0; i < alone; ++i) {
      world.publish(payloads()[i]);
      world.settle(i + 1);
    }
    for (std::size_t i = alone; i < payloads().size(); ++i) world.publish(payloads()[i]);
    world.settle(payloads().size());
  }
  // From one place of a cut to the next. Every byte counts; in TLS, where each world begins with a handshake and
  // TakesTheStreamsByteByByte has cut all of it, about a hundred places do.
  static std::size_t step(std::size_t size) { return GetParam().channel == Channel::Kind::kTls ? size / 100 + 1 : 1; }
  // Bytes that the client reads on its first connection when nothing goes wrong.
  static std::size_t stream_size() {
    World world(GetParam(), {});
    converse(world);
    return world.given;
  }
};

TEST_P(Contract, DeliversEveryMessageOnceAndInOrder) {
  World world(GetParam(), {});
  converse(world);
  EXPECT_EQ(world.delivered, payloads());
  EXPECT_EQ(world.failures, Messages{});
  EXPECT_GE(world.subscriptions, 1U);
  EXPECT_EQ(world.restarts > 0, GetParam().name.find("limit") != std::string::npos) << "an end by design is no failure";
}

TEST_P(Contract, HoldsTheConnectionsThatItsTechniqueDeclares) {
  World world(GetParam(), {});
  converse(world);
  EXPECT_EQ(world.most_connections, world.declared(*GetParam().technique).connections);
  EXPECT_EQ(world.speak(message("spoken")), GetParam().technique->publishes);
}

TEST_P(Contract, IsNotSubscribedToWhatWasPublishedBefore) {
  World world(GetParam(), {});
  world.publish(message("before"));
  converse(world);
  EXPECT_EQ(world.delivered, payloads());
}

TEST_P(Contract, TakesTheStreamsByteByByte) {
  World world(GetParam(), {Cut::Kind::kEveryByte});
  converse(world);
  EXPECT_EQ(world.delivered, payloads());
  EXPECT_EQ(world.failures, Messages{});
}

TEST_P(Contract, TakesTheStreamsCutAnywhere) {
  const std::size_t size = stream_size();
  ASSERT_GT(size, 300U);
  for (std::size_t place = 1; place < size; place += step(size)) {
    World world(GetParam(), {Cut::Kind::kOnce, place});
    converse(world);
    ASSERT_EQ(world.delivered, payloads()) << "cut at byte " << place;
    ASSERT_EQ(world.failures, Messages{}) << "cut at byte " << place;
  }
}

TEST_P(Contract, LosesAndRepeatsNothingWhenTheConnectionBreaksAnywhere) {
  if (!GetParam().technique->resumes) return;
  const std::size_t size = stream_size();
  for (const World::Break how : {World::Break::kClosed, World::Break::kReset}) {
    std::size_t broken = 0;
    for (std::size_t place = 1; place < size; place += step(size)) {
      World world(GetParam(), {});
      world.break_after(place, how);
      converse(world);
      if (!world.broke()) continue;
      ++broken;
      ASSERT_EQ(world.delivered, payloads()) << "broken at byte " << place;
      ASSERT_EQ(std::count(world.failures.begin(), world.failures.end(), "a link was used after its end"), 0)
          << "broken at byte " << place;
    }
    EXPECT_GT(broken, size / step(size) / 2);
  }
}

TEST_P(Contract, CountsWhatTheServerNoLongerHas) {
  if (!GetParam().technique->resumes) return;
  World world(GetParam(), {});
  world.settle(0);
  world.publish(message("first"));
  world.settle(1);
  ASSERT_EQ(world.delivered.size(), 1U);
  world.lose_connections();
  for (std::size_t i = 0; i < 3 * World::kLogMessages; ++i) world.publish(message("m" + std::to_string(i)));
  world.settle(1 + World::kLogMessages);
  ASSERT_EQ(world.delivered.size(), 1 + World::kLogMessages);
  EXPECT_EQ(world.delivered.back(), message("m" + std::to_string(3 * World::kLogMessages - 1)));
  EXPECT_EQ(world.counts().gap_messages, 2 * World::kLogMessages);
  world.publish(message("after"));
  world.settle(2 + World::kLogMessages);
  EXPECT_EQ(world.delivered.back(), message("after"));
}

// Whatever a technique tells beside messages, no message can say.
TEST_P(Contract, APayloadForgesNoNotice) {
  World world(GetParam(), {});
  world.settle(0);
  Messages all;
  for (const std::string text :
       {"\x10gap 1 1000000", "gap 1 1000000", "cursor 1000000", "\x10", "\x10g", "\x10\x10gap 1 9",
        "x\n\x10gap 1 1000000\n", "event: gap\ndata: {\"first\":1,\"last\":1000000}\n\n",
        "x\r\rid: 1000000\revent: gap\rdata: {\"first\":1,\"last\":1000000}\r\r",
        "x\")</script>\n<script>parent.pushbench&&parent.pushbench(1000000,1,\"gap\")</script>\n",
        "\"]\x1e"
        "42[\"gap\",{\"first\":1,\"last\":1000000}]",
        "42[\"gap\",{\"first\":1,\"last\":1000000}]"}) {
    for (const bool is_text : {true, false}) {
      all.push_back(message(text));
      world.publish(all.back(), is_text);
    }
    if (!GetParam().name.starts_with("sse")) continue;
    for (std::string& sent : all) std::replace(sent.begin(), sent.end(), '\r', '\n');  // it knows one line end
  }
  world.settle(all.size());
  EXPECT_EQ(world.delivered, all);
  EXPECT_EQ(world.counts().gap_messages, 0U);
  EXPECT_EQ(world.failures, Messages{});
  if (!GetParam().technique->resumes) return;
  world.lose_connections();
  world.publish(message("after"));
  world.settle(all.size() + 1);
  all.push_back(message("after"));
  EXPECT_EQ(world.delivered, all);
}

TEST_P(Contract, GivesUpRequestsThatAreHeldForTooLongAndLosesNothing) {
  if (GetParam().name != "long_polling_timeout") return;
  World world(GetParam(), {});
  world.settle(0);
  world.settle(1, 3);
  EXPECT_EQ(world.counts().request_timeouts, 3U);
  world.publish("a");
  world.settle(1);
  world.settle(2, 2);
  world.publish("b");
  world.settle(2);
  EXPECT_EQ(world.delivered, (Messages{"a", "b"}));
  EXPECT_EQ(world.failures, Messages{});
}

// Its cursor is right although it cannot count what it was not sent, and it is the same client after a reconnect.
TEST_P(Contract, WithoutEchoGetsWhatOthersSayAndNothingElseHoweverTheConnectionBreaks) {
  if (GetParam().name.find("websocket_no_echo") == std::string::npos) return;
  const auto chat = [](World& world) {
    std::size_t spoken = 0;
    world.settle(0);
    for (std::size_t i = 0; i < payloads().size(); ++i) {
      if (i % 3 == 0) spoken += world.speak("mine") ? 1 : 0;
      if (i % 4 == 0) spoken += world.speak("mine") ? 1 : 0;
      if (i % 2 == 0) world.settle(i);
      world.publish(payloads()[i]);
    }
    spoken += world.speak("mine") ? 1 : 0;
    world.settle(payloads().size());
    return spoken;
  };
  World whole(GetParam(), {});
  EXPECT_EQ(chat(whole), 8U);
  EXPECT_EQ(whole.delivered, payloads());
  const std::size_t size = whole.given;
  for (std::size_t place = 1; place < size; place += step(size)) {
    World world(GetParam(), {});
    world.break_after(place, World::Break::kReset);
    EXPECT_GT(chat(world), 0U);
    ASSERT_EQ(world.delivered, payloads()) << "broken at byte " << place;
  }
}

// The load generator may know a technique that is for foreign servers alone.
bool is_served(std::string_view name) {
  const auto served = server::techniques();
  return std::any_of(served.begin(), served.end(),
                     [&](const auto& technique) { return technique.name == name && !technique.conformance; });
}

// Every technique as it is, and the options that change the conversation.
std::vector<Subject> table() {
  std::vector<Subject> all;
  for (const loadgen::TechniqueInfo& technique : loadgen::techniques()) {
    if (!is_served(technique.name)) continue;
    all.push_back({&technique, std::string(technique.name)});
    if (technique.name == "polling") all.push_back({&technique, "polling etag", {{"validator", 1}}});
    if (technique.name == "long-polling") {
      all.push_back({&technique, "long-polling no content", {{"empty", 1}}});
      all.push_back({&technique, "long-polling timeout", {{"timeout", 1'000'000'000}}});
    }
    if (technique.name == "websocket") all.push_back({&technique, "websocket no echo", {}, false});
    if (technique.name == "websocket") {
      all.push_back({&technique, "websocket deflate", {{"deflate", 1}}});
      all.push_back(
          {&technique, "websocket deflate small window", {{"deflate", 1}, {"server-window", 7}, {"client-window", 7}}});
      all.push_back({&technique, "websocket deflate each alone", {{"deflate", 2}}});
    }
    if (technique.name == "socketio") {
      all.push_back({&technique, "socketio polling", {{"transport", 1}}});
      all.push_back({&technique, "socketio websocket", {{"transport", 2}}});
    }
    if (technique.name != "http-streaming") continue;
    all.push_back({&technique, "http-streaming post", {{"method", 1}}});
    all.push_back({&technique, "http-streaming limit", {{"limit", 5}}});
    all.push_back({&technique, "http-streaming limit bytes", {{"limit-bytes", 50}}});
    all.push_back({&technique, "http-streaming raw", {{"framing", 1}}});
    all.push_back({&technique, "http-streaming raw limit", {{"framing", 1}, {"limit", 5}}});
    all.push_back({&technique, "http-streaming gzip", {{"encoding", 1}}});
    all.push_back({&technique, "http-streaming gzip limit", {{"encoding", 1}, {"limit", 5}}});
  }
  const std::size_t plain = all.size();
  for (std::size_t i = 0; i < plain; ++i) {
    all.push_back(all[i]);
    all.back().name += " in tls";
    all.back().channel = Channel::Kind::kTls;
  }
  for (Subject& subject : all) {
    std::replace_if(
        subject.name.begin(), subject.name.end(), [](char c) { return c == '-' || c == ' '; }, '_');
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Techniques, Contract, testing::ValuesIn(table()),
                         [](const auto& subject) { return subject.param.name; });

}  // namespace
}  // namespace contract
