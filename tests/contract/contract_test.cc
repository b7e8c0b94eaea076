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
    if (!GetParam().by_marker) return text;
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
  EXPECT_EQ(world.restarts > 0, GetParam().ends) << "an end by design is no failure";
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
  world.lose_connections();
  world.publish(message("after"));
  world.settle(all.size() + 1);
  all.push_back(message("after"));
  EXPECT_EQ(world.delivered, all);
}

class ImpatientContract : public Contract {};

TEST_P(ImpatientContract, GivesUpRequestsThatAreHeldForTooLongAndLosesNothing) {
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

class SpeakingContract : public Contract {};

// Its cursor is right although it cannot count what it was not sent, and it is the same client after a reconnect.
TEST_P(SpeakingContract, WithoutEchoGetsWhatOthersSayAndNothingElseHoweverTheConnectionBreaks) {
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

// Options that change the conversation. Every technique is tested as it is without being named here.
const std::vector<Subject>& variants() {
  static const auto of = [](std::string_view technique, std::string_view words,
                            std::vector<std::pair<std::string_view, std::int64_t>> options) {
    return Subject{loadgen::find_technique(technique), std::string(technique) + " " + std::string(words),
                   std::move(options)};
  };
  static const std::vector<Subject> kVariants = [] {
    std::vector<Subject> all = {
        of("polling", "etag", {{"validator", 1}}),
        of("long-polling", "no content", {{"empty", 1}}),
        of("long-polling", "timeout", {{"timeout", 1'000'000'000}}),
        of("http-streaming", "post", {{"method", 1}}),
        of("http-streaming", "limit", {{"limit", 5}}),
        of("http-streaming", "limit bytes", {{"limit-bytes", 50}}),
        of("http-streaming", "raw", {{"framing", 1}}),
        of("http-streaming", "raw limit", {{"framing", 1}, {"limit", 5}}),
        of("http-streaming", "gzip", {{"encoding", 1}}),
        of("http-streaming", "gzip limit", {{"encoding", 1}, {"limit", 5}}),
        of("websocket", "no echo", {}),
        of("websocket", "deflate", {{"deflate", 1}}),
        of("websocket", "deflate small window", {{"deflate", 1}, {"server-window", 7}, {"client-window", 7}}),
        of("websocket", "deflate each alone", {{"deflate", 2}}),
        of("socketio", "polling", {{"transport", 1}}),
        of("socketio", "websocket", {{"transport", 2}}),
    };
    for (Subject& subject : all) {
      for (const auto& [key, number] : subject.options) {
        subject.ends = subject.ends || key.starts_with("limit");
        subject.by_marker = subject.by_marker || (key == "framing" && number == 1);
      }
      subject.echo = !subject.name.ends_with("no echo");
    }
    return all;
  }();
  return kVariants;
}

// Those for which `is` holds, each over TCP and over TLS.
template <typename Is>
std::vector<Subject> subjects(Is is) {
  std::vector<Subject> plain = variants();
  for (const loadgen::TechniqueInfo& technique : loadgen::techniques()) {
    if (is_served(technique.name)) plain.push_back({&technique, std::string(technique.name)});
  }
  std::vector<Subject> all;
  for (Subject& subject : plain) {
    if (!is(subject)) continue;
    std::replace_if(
        subject.name.begin(), subject.name.end(), [](char c) { return c == '-' || c == ' '; }, '_');
    all.push_back(subject);
    subject.name += "_in_tls";
    subject.channel = Channel::Kind::kTls;
    all.push_back(subject);
  }
  return all;
}

const auto name_of = [](const auto& subject) { return subject.param.name; };

INSTANTIATE_TEST_SUITE_P(Techniques, Contract, testing::ValuesIn(subjects([](const Subject&) { return true; })),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Techniques, ImpatientContract, testing::ValuesIn(subjects([](const Subject& subject) {
                           return subject.name == "long-polling timeout";
                         })),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Techniques, SpeakingContract,
                         testing::ValuesIn(subjects([](const Subject& subject) { return !subject.echo; })), name_of);

}  // namespace
}  // namespace contract
