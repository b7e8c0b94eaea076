// How long topics live: several threads' topics over one hub, one after the other.
#include "reference-server/log/topics.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

namespace server {
namespace {

class Thread {
 public:
  Thread(Hub& hub, LogLimits limits = {}) : topics(hub, limits) { hub.add(inbox); }
  // An iteration of its loop.
  void iterate() {
    std::vector<Published> arrived;
    inbox.take(arrived);
    for (Published& one : arrived) topics.take(std::move(one));
    topics.remove_gone([this](const Topic& topic) { removed.push_back(topic.name()); });
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    topics.visit(0, SIZE_MAX, [&](const Topic& topic) { all.push_back(topic.name()); });
    return all;
  }
  Inbox inbox{[] {}};
  Topics topics;
  std::vector<std::string> removed;
};

using Names = std::vector<std::string>;

void say(Hub& hub, std::string_view topic, std::size_t size = 1) {
  ASSERT_TRUE(hub.publish(topic, std::string(size, 'x'), true, nullptr)) << topic;
}

TEST(Topics, ATopicThatWasAskedForAndHasNothingGoesWithItsLastUser) {
  Hub hub(10);
  Thread one(hub);
  Thread two(hub);
  {
    const TopicUse first = one.topics.use("t");
    const TopicUse second = one.topics.use("t");
    const TopicUse elsewhere = two.topics.use("t");
    EXPECT_EQ(first.get(), second.get());
    EXPECT_EQ(first->index(), elsewhere->index());
  }
  EXPECT_EQ(hub.topics(), 0U);
  one.iterate();
  two.iterate();
  EXPECT_EQ(one.names(), Names{});
  EXPECT_EQ(two.names(), Names{});
  EXPECT_EQ(one.removed, Names{"t"});
}

TEST(Topics, OneThatIsUsedOnAnyThreadStays) {
  Hub hub(1);
  Thread one(hub);
  Thread two(hub);
  TopicUse elsewhere = two.topics.use("t");
  { const TopicUse brief = one.topics.use("t"); }
  one.iterate();
  EXPECT_EQ(one.removed, Names{});
  EXPECT_FALSE(one.topics.use("other")) << "all that there may be are in use";
  EXPECT_FALSE(hub.publish("other", "x", true, nullptr));
  elsewhere.reset();
  EXPECT_TRUE(one.topics.use("other"));
}

TEST(Topics, OneWithMessagesStaysUntilItsPlaceIsNeeded) {
  Hub hub(3);
  Thread thread(hub);
  for (const char* name : {"a", "b", "c", "a"}) say(hub, name);
  const TopicUse used = thread.topics.use("b");
  thread.iterate();
  EXPECT_EQ(thread.names(), (Names{"a", "b", "c"}));
  say(hub, "d");
  thread.iterate();
  EXPECT_EQ(thread.removed, Names{"c"}) << "published to longest ago, of those that nobody uses";
  say(hub, "e");
  thread.iterate();
  EXPECT_EQ(thread.removed, (Names{"c", "a"}));
  EXPECT_EQ(thread.topics.find("b")->head(), 1U);
  EXPECT_EQ(hub.topics(), 3U);
}

TEST(Topics, ManyThatCameAndWentLeaveNothingBehind) {
  Hub hub(100);
  Thread thread(hub);
  for (int i = 0; i < 10'000; ++i) {
    const TopicUse use = thread.topics.use("asked for " + std::to_string(i));
    ASSERT_TRUE(use);
    say(hub, "published " + std::to_string(i));
    if (i % 100 == 0) thread.iterate();
  }
  thread.iterate();
  EXPECT_LE(thread.topics.size(), 100U);
  EXPECT_LE(thread.topics.use("new")->index(), 400U) << "indices are used again";
}

TEST(Topics, OneThatComesAgainGoesOnBehindItsOldSequence) {
  Hub hub(1);
  Thread one(hub);
  Thread two(hub);
  for (int i = 0; i < 5; ++i) say(hub, "t");
  say(hub, "other");
  const TopicUse use = two.topics.use("t");
  EXPECT_EQ(use->head(), 5U);
  EXPECT_EQ(use->first(), 6U) << "its old messages are a gap";
  say(hub, "t");
  for (Thread* thread : {&one, &two}) {
    thread->iterate();
    EXPECT_EQ(thread->topics.find("t")->head(), 6U);
    EXPECT_EQ(thread->topics.find("t")->first(), 6U);
    EXPECT_EQ(thread->names(), Names{"t"});
  }
}

// The note that a topic is gone waits in an inbox, while the same name is used again.
TEST(Topics, ANameThatIsUsedAgainBeforeItsEndHasArrivedMeansTheNewTopic) {
  Hub hub(10);
  Thread one(hub);
  Thread two(hub);
  { const TopicUse old = one.topics.use("t"); }
  const TopicUse use = one.topics.use("t");
  say(hub, "t");
  one.iterate();
  two.iterate();
  EXPECT_EQ(one.topics.find("t"), use.get());
  EXPECT_EQ(use->head(), 1U);
  EXPECT_EQ(two.topics.find("t")->head(), 1U);
  EXPECT_EQ(one.names(), Names{"t"});
}

TEST(Topics, ALateThreadSortsOldFromNew) {
  Hub hub(1);
  Thread late(hub);
  say(hub, "t");      // the first t
  say(hub, "other");  // gives it up
  say(hub, "t");      // the second
  const TopicUse use = late.topics.use("t");
  late.iterate();
  EXPECT_EQ(late.topics.find("t"), use.get());
  EXPECT_EQ(use->head(), 2U);
  EXPECT_EQ(late.names(), Names{"t"});
}

TEST(Topics, ThePlaceOfOneThatIsGoneIsFreeWhenEveryThreadHasForgottenIt) {
  Hub hub(10);
  Thread one(hub);
  Thread two(hub);
  std::uint32_t index = 0;
  {
    const TopicUse use = one.topics.use("t");
    index = use->index();
  }
  one.iterate();
  const TopicUse other = one.topics.use("a");
  EXPECT_NE(other->index(), index);
  two.iterate();
  one.iterate();
  EXPECT_EQ(one.topics.use("b")->index(), index);
}

TEST(Topics, LogsTogetherHaveALimit) {
  Hub hub(10);
  constexpr std::size_t kEach = 1'000 + Topic::kMessageCost;
  Thread one(hub, {.total = 4 * kEach});
  Thread two(hub, {.total = 4 * kEach});
  const TopicUse use = one.topics.use("quiet");
  for (const char* name : {"quiet", "idle", "idle", "busy", "busy"}) say(hub, name, 1'000);
  one.iterate();
  EXPECT_TRUE(one.topics.find("quiet")->empty());
  EXPECT_EQ(one.topics.find("idle")->first(), 1U);
  for (int i = 0; i < 3; ++i) say(hub, "busy", 1'000);
  one.iterate();
  two.iterate();
  for (Thread* thread : {&one, &two}) {
    EXPECT_EQ(thread->topics.find("busy")->first(), 2U);
    EXPECT_EQ(thread->topics.find("busy")->head(), 5U);
    EXPECT_EQ(thread->topics.find("quiet")->first(), 2U);
  }
  EXPECT_EQ(hub.topics(), 2U) << "what nobody uses and has nothing left is given up";
  one.iterate();
  EXPECT_EQ(one.removed, Names{"idle"});
  say(hub, "busy", 100'000);
  one.iterate();
  EXPECT_EQ(one.topics.find("busy")->first(), 6U) << "the newest message is kept whatever its size";
}

TEST(Topics, AShortageHalvesAllLogsForGood) {
  Hub hub(10);
  Thread one(hub);
  Thread two(hub);
  for (int i = 0; i < 100; ++i) say(hub, i < 40 ? "old" : "new");
  EXPECT_TRUE(hub.shed_logs());
  EXPECT_FALSE(hub.shed_logs()) << "no thread has done so yet";
  one.iterate();
  EXPECT_FALSE(hub.shed_logs()) << "one has";
  two.iterate();
  const std::size_t memory = one.topics.memory();
  EXPECT_EQ(memory, 50 * (1 + Topic::kMessageCost));
  EXPECT_EQ(hub.topics(), 1U) << "what was published to longest ago went first";
  for (int i = 0; i < 100; ++i) say(hub, "new");
  for (Thread* thread : {&one, &two}) {
    thread->iterate();
    EXPECT_EQ(thread->topics.memory(), memory);
    EXPECT_EQ(thread->topics.find("new")->head(), 160U);
  }
  EXPECT_TRUE(hub.shed_logs());
}

TEST(Topics, TheLastUserOfOneWhoseLogHasGoneTakesItAlong) {
  Hub hub(10);
  Thread thread(hub, {.total = 2 * (1 + Topic::kMessageCost)});
  TopicUse use = thread.topics.use("t");
  for (const char* name : {"t", "other", "other"}) say(hub, name);
  thread.iterate();
  EXPECT_TRUE(use->empty());
  use.reset();
  thread.iterate();
  EXPECT_EQ(thread.removed, Names{"t"});
  say(hub, "t");
  thread.iterate();
  EXPECT_EQ(thread.topics.find("t")->head(), 2U);
}

// Whatever comes in whatever order on whichever thread: what is used stays, cursors only grow, and threads that have
// seen the same agree.
TEST(Topics, ThreadsAgreeAfterAnyHistory) {
  std::minstd_rand random(7);
  const auto below = [&](std::size_t n) { return random() % n; };
  Hub hub(6);
  const LogLimits limits{.messages = 4, .bytes = 60, .total = 10 * Topic::kMessageCost};
  std::deque<Thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(hub, limits);
  struct Used {
    TopicUse use;
    std::string name;
    std::uint64_t seen = 0;
  };
  std::vector<Used> used;
  for (int step = 0; step < 50'000; ++step) {
    Thread& thread = threads[below(threads.size())];
    const std::string name = "topic " + std::to_string(below(9));
    switch (below(5)) {
      case 0:
        hub.publish(name, std::string(below(30), 'x'), true, nullptr);
        break;
      case 1:
        if (TopicUse use = thread.topics.use(name)) used.push_back({std::move(use), name});
        break;
      case 2:
        if (!used.empty()) std::swap(used[below(used.size())], used.back()), used.pop_back();
        break;
      default:
        thread.iterate();
    }
    for (Used& one : used) {
      ASSERT_EQ(one.use->name(), one.name);
      ASSERT_GE(one.use->head(), one.seen);
      one.seen = one.use->head();
    }
    ASSERT_LE(hub.topics(), 6U);
  }
  for (Thread& thread : threads) thread.iterate();
  for (Thread& thread : threads) thread.iterate();  // what the others gave up
  for (int i = 0; i < 9; ++i) {
    const std::string name = "topic " + std::to_string(i);
    const Topic* const first = threads[0].topics.find(name);
    for (Thread& thread : threads) {
      const Topic* const here = thread.topics.find(name);
      if (first == nullptr || first->empty() || here == nullptr) continue;
      EXPECT_EQ(here->first(), first->first()) << name;
      EXPECT_EQ(here->head(), first->head()) << name;
    }
  }
  used.clear();
  for (Thread& thread : threads) thread.iterate();
  EXPECT_LE(threads[0].topics.size(), 6U);
}

TEST(Topics, AreVisitedAPageAtATime) {
  Hub hub(100);
  Thread thread(hub);
  for (int i = 0; i < 10; ++i) say(hub, "t" + std::to_string(i));
  thread.iterate();
  Names all;
  std::optional<std::uint32_t> from = 0;
  int pages = 0;
  for (; from; ++pages) from = thread.topics.visit(*from, 3, [&](const Topic& topic) { all.push_back(topic.name()); });
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(all, thread.names());
  EXPECT_EQ(thread.topics.visit(1'000, 3, [](const Topic&) { FAIL(); }), std::nullopt);
}

}  // namespace
}  // namespace server
