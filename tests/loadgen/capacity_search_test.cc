// The search against servers that are functions of the load.
#include "loadgen/campaign/capacity_search.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace loadgen {
namespace {

using Limit = SearchOutcome::Limit;
using enum StepVerdict;
using Server = std::function<StepVerdict(std::int64_t load)>;

struct Searched {
  std::vector<std::int64_t> loads;
  SearchOutcome outcome;
};

Searched run(const SearchBounds& bounds, const Server& server) {
  CapacitySearch search(bounds);
  Searched searched;
  while (const auto load = search.next()) {
    EXPECT_LE(*load, bounds.at_most);
    EXPECT_GE(*load, 1);
    searched.loads.push_back(*load);
    search.told(server(*load));
    if (searched.loads.size() > bounds.most_steps) break;
  }
  EXPECT_LE(searched.loads.size(), bounds.most_steps);
  searched.outcome = search.outcome();
  return searched;
}

Server carries(std::int64_t most) {
  return [most](std::int64_t load) { return load <= most ? kHolds : kBroken; };
}

TEST(CapacitySearch, DoublesThenHalvesTheDistance) {
  const Searched found = run({100, 1'000'000, 0.05, 40}, carries(1'000));
  EXPECT_EQ(found.loads, (std::vector<std::int64_t>{100, 200, 400, 800, 1600, 1600, 1131, 1131, 951, 1037, 1037, 993}));
  EXPECT_EQ(found.outcome.carried, 993);
  EXPECT_EQ(found.outcome.too_much, 1037);
  EXPECT_EQ(found.outcome.limit, Limit::kServer);
}

TEST(CapacitySearch, IsAsPreciseAsAskedWhateverTheLimitIs) {
  for (std::int64_t limit = 1; limit < 5'000; limit += 7) {
    for (const double precision : {0.3, 0.1, 0.01}) {
      const SearchOutcome found = run({64, 1'000'000, precision, 100}, carries(limit)).outcome;
      ASSERT_TRUE(found.carried && found.too_much) << limit;
      EXPECT_LE(*found.carried, limit);
      EXPECT_GT(*found.too_much, limit);
      const double gap = static_cast<double>(*found.too_much) / static_cast<double>(*found.carried) - 1;
      EXPECT_TRUE(gap <= precision || *found.too_much == *found.carried + 1) << limit;
      EXPECT_EQ(found.limit, Limit::kServer);
    }
  }
}

TEST(CapacitySearch, ComesDownFromALoadThatIsTooMuchAtOnce) {
  const Searched found = run({1'000, 10'000, 0.01, 40}, carries(3));
  EXPECT_EQ(found.outcome.carried, 3);
  EXPECT_EQ(found.outcome.too_much, 4);
}

TEST(CapacitySearch, SaysThatNothingWasCarried) {
  const Searched found = run({8, 1'000, 0.05, 40}, carries(0));
  EXPECT_EQ(found.loads, (std::vector<std::int64_t>{8, 8, 4, 4, 2, 2, 1, 1}));
  EXPECT_FALSE(found.outcome.carried);
  EXPECT_EQ(found.outcome.too_much, 1);
  EXPECT_EQ(found.outcome.limit, Limit::kServer);
}

TEST(CapacitySearch, StopsAtTheMostThatMayBeOffered) {
  const Searched found = run({100, 500, 0.05, 40}, carries(1'000'000));
  EXPECT_EQ(found.loads, (std::vector<std::int64_t>{100, 200, 400, 500}));
  EXPECT_EQ(found.outcome.carried, 500);
  EXPECT_FALSE(found.outcome.too_much);
  EXPECT_EQ(found.outcome.limit, Limit::kAtMost);
}

TEST(CapacitySearch, DoesNotOverflowAtTheGreatestLoad) {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const Searched found = run({most / 2 + 1, most, 0.05, 40}, carries(most));
  EXPECT_EQ(found.outcome.carried, most);
}

TEST(CapacitySearch, TakesTheGeneratorsLimitForNoAnswerOfTheServer) {
  const Searched found =
      run({100, 1'000'000, 0.05, 40}, [](std::int64_t load) { return load <= 700 ? kHolds : kGenerator; });
  EXPECT_EQ(found.outcome.limit, Limit::kGenerator);
  EXPECT_LE(*found.outcome.carried, 700);
  EXPECT_GE(*found.outcome.carried, 667);
}

TEST(CapacitySearch, FindsTheServersLimitBelowTheGeneratorsOwn) {
  const Searched found = run({100, 1'000'000, 0.05, 40}, [](std::int64_t load) {
    return load <= 700 ? kHolds : load <= 1'200 ? kBroken : kGenerator;
  });
  EXPECT_EQ(found.outcome.limit, Limit::kServer);
}

TEST(CapacitySearch, DoesNotKnowWhenTheGeneratorFailsAtTheLeastLoad) {
  const Searched found = run({2, 100, 0.05, 40}, [](std::int64_t) { return kGenerator; });
  EXPECT_FALSE(found.outcome.carried);
  EXPECT_EQ(found.outcome.limit, Limit::kGenerator);
}

TEST(CapacitySearch, BelievesOneCleanFailureOfTwo) {
  for (const bool generator_first : {true, false}) {
    int tries = 0;
    const Searched found = run({100, 1'000, 0.05, 40}, [&](std::int64_t load) {
      if (load <= 500) return kHolds;
      return (tries++ % 2 == 0) == generator_first ? kGenerator : kBroken;
    });
    EXPECT_EQ(found.outcome.limit, Limit::kServer);
  }
}

TEST(CapacitySearch, ForgivesAHiccup) {
  int calls = 0;
  const Searched found = run({100, 1'000'000, 0.05, 60}, [&](std::int64_t load) {
    return ++calls % 3 == 0 || load > 1'000 ? kBroken : kHolds;  // every third run fails whatever the load is
  });
  EXPECT_LE(*found.outcome.carried, 1'000);
  EXPECT_GE(*found.outcome.carried, 950);
}

TEST(CapacitySearch, EndsWithItsStepsAndSaysSo) {
  const Searched growing = run({1, 1'000'000, 0.05, 4}, carries(1'000'000));
  EXPECT_EQ(growing.loads, (std::vector<std::int64_t>{1, 2, 4, 8}));
  EXPECT_EQ(growing.outcome.carried, 8);
  EXPECT_EQ(growing.outcome.limit, Limit::kSteps);

  const Searched once = run({100, 1'000, 0.05, 3}, carries(250));  // no step left for the second try
  EXPECT_EQ(once.outcome.carried, 200);
  EXPECT_FALSE(once.outcome.too_much) << "400 was tried once only";
  EXPECT_EQ(once.outcome.limit, Limit::kSteps);
}

TEST(CapacitySearch, FindsNoLimitOfTheServerBeforeItHasClosedInOnIt) {
  const Searched wide = run({100, 1'000, 0.05, 4}, carries(250));
  EXPECT_EQ(wide.outcome.carried, 200);
  EXPECT_EQ(wide.outcome.too_much, 400);
  EXPECT_EQ(wide.outcome.limit, Limit::kSteps);

  const Searched falling = run({100, 1'000, 0.05, 4}, carries(3));
  EXPECT_FALSE(falling.outcome.carried);
  EXPECT_EQ(falling.outcome.too_much, 50);
  EXPECT_EQ(falling.outcome.limit, Limit::kSteps);

  const Searched blamed =
      run({100, 1'000, 0.05, 4}, [](std::int64_t load) { return load <= 250 ? kHolds : kGenerator; });
  EXPECT_EQ(blamed.outcome.limit, Limit::kGenerator) << "at least 200, whatever lies above";
}

TEST(CapacitySearch, EndsWhereNothingIsKnown) {
  const Searched found = run({100, 1'000, 0.05, 40}, [](std::int64_t load) { return load < 400 ? kHolds : kUnknown; });
  EXPECT_EQ(found.loads, (std::vector<std::int64_t>{100, 200, 400}));
  EXPECT_EQ(found.outcome.carried, 200);
  EXPECT_EQ(found.outcome.limit, Limit::kUnknown);
}

TEST(CapacitySearch, GoesNoLowerThanTheLeastLoad) {
  const Searched found = run({5, 1'000, 0.05, 40, 2}, carries(0));
  EXPECT_EQ(found.loads, (std::vector<std::int64_t>{5, 5, 2, 2}));
  EXPECT_EQ(found.outcome.limit, Limit::kServer);
}

TEST(CapacitySearch, KnowsNothingBeforeItWasTold) {
  const CapacitySearch search({5, 10, 0.05, 3});
  EXPECT_EQ(search.next(), 5);
  EXPECT_FALSE(search.outcome().carried || search.outcome().too_much);
}

}  // namespace
}  // namespace loadgen
