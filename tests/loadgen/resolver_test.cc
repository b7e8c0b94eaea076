#include "loadgen/run/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

namespace loadgen {
namespace {

// A name server that says nothing until the test lets it. Shared with the look-ups, which may outlive a test.
class Oracle {
 public:
  net::Address ask(const std::string& name) {
    std::unique_lock lock(mutex_);
    asked_.push_back(name);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return net::try_resolve("127.0.0.1:80");
  }
  void answer() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait_for_questions(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return asked_.size() >= count; });
  }
  std::size_t questions() {
    const std::lock_guard lock(mutex_);
    return asked_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> asked_;
  bool open_ = false;
};

struct Resolving : testing::Test {
  ~Resolving() override { oracle->answer(); }
  // Runs the loop until the condition is met; it is looked at in each of its turns.
  void run_until(std::function<bool()> condition) {
    loop.set_end_of_iteration([this, condition] {
      if (condition()) loop.stop();
    });
    loop.run();
  }
  void take_turns(int count) {
    int turns = 0;
    std::function<void()> turn = [&] {
      if (++turns < count) loop.post(turn);
    };
    turn();
    run_until([&] { return turns == count; });
  }
  Resolver::Lookup lookup() {
    return [oracle = oracle](const std::string& name) { return oracle->ask(name); };
  }

  std::shared_ptr<Oracle> oracle = std::make_shared<Oracle>();
  net::Loop loop;
};

TEST_F(Resolving, TheLoopGoesOnWhileANameIsLookedUp) {
  Resolver resolver(loop, lookup());
  std::optional<net::Address> found;
  const auto wait = resolver.look_up("a:80", [&](const net::Address& address) { found = address; });
  oracle->wait_for_questions(1);
  take_turns(100);
  EXPECT_FALSE(found.has_value());
  oracle->answer();
  run_until([&] { return found.has_value(); });
  EXPECT_EQ(found->text(), "127.0.0.1:80");
  EXPECT_TRUE(resolver.known("a:80").has_value());
}

TEST_F(Resolving, AnAddressNeedsNoLookUp) {
  const Resolver resolver(loop, lookup());
  EXPECT_EQ(resolver.known("127.0.0.1:8080")->text(), "127.0.0.1:8080");
  EXPECT_EQ(resolver.known("[::1]:8080")->text(), "[::1]:8080");
  EXPECT_FALSE(resolver.known("localhost:8080").has_value());
  EXPECT_EQ(oracle->questions(), 0U);
}

TEST_F(Resolving, ManyWhoWaitForOneNameAskOnce) {
  Resolver resolver(loop, lookup());
  std::vector<Resolver::Wait> waits;
  int told = 0;
  for (int i = 0; i < 100; ++i) waits.push_back(resolver.look_up("a:80", [&](const net::Address&) { ++told; }));
  waits[7].reset();
  oracle->answer();
  run_until([&] { return told >= 99; });
  EXPECT_EQ(told, 99) << "all but the one that no longer waits";
  EXPECT_EQ(oracle->questions(), 1U);
}

TEST_F(Resolving, AServerThatNamesEverNewPlacesTakesNoMoreThanAFewThreads) {
  Resolver resolver(loop, lookup());
  std::vector<Resolver::Wait> waits;
  std::size_t told = 0;
  constexpr std::size_t kNames = 50;
  for (std::size_t i = 0; i < kNames; ++i)
    waits.push_back(resolver.look_up(std::to_string(i) + ":80", [&](const net::Address&) { ++told; }));
  oracle->wait_for_questions(Resolver::kAtOnce);
  take_turns(10);
  EXPECT_EQ(oracle->questions(), Resolver::kAtOnce);
  waits.erase(waits.begin() + 10, waits.end());  // nobody asks for these any more
  oracle->answer();
  run_until([&] { return told == 10; });
  EXPECT_EQ(oracle->questions(), 10U);
}

TEST_F(Resolving, NothingWaitsForALookUpThatIsUnderWay) {
  bool told = false;
  {
    Resolver resolver(loop, lookup());
    const auto wait = resolver.look_up("a:80", [&](const net::Address&) { told = true; });
    oracle->wait_for_questions(1);
  }
  oracle->answer();  // to nobody
  loop.post([this] { loop.stop(); });
  loop.run();
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace loadgen
