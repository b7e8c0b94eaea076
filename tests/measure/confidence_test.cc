#include "loadgen/measure/confidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace measure {
namespace {

TEST(Confidence, IsWhatTheTablesSay) {
  // ln: 0, 1, 2: mean 1, standard deviation 1, t(2) = 4.303, so 1 +- 4.303 / sqrt(3).
  const std::vector<double> values = {1, std::exp(1.0), std::exp(2.0)};
  const auto confidence = confidence_of(values);
  ASSERT_TRUE(confidence);
  EXPECT_NEAR(confidence->middle, std::exp(1.0), 1e-12);
  EXPECT_NEAR(std::log(confidence->low), 1 - 4.303 / std::sqrt(3.0), 1e-9);
  EXPECT_NEAR(std::log(confidence->high), 1 + 4.303 / std::sqrt(3.0), 1e-9);
}

TEST(Confidence, EqualRepetitionsHaveNoWidth) {
  const auto confidence = confidence_of(std::vector<double>(5, 7.0));
  ASSERT_TRUE(confidence);
  EXPECT_NEAR(confidence->low, 7, 1e-9);
  EXPECT_NEAR(confidence->high, 7, 1e-9);
}

TEST(Confidence, TwoRepetitionsOrAnUndeliveredOneHaveNone) {
  EXPECT_FALSE(confidence_of(std::vector<double>{1, 2}));
  EXPECT_FALSE(confidence_of(std::vector<double>{1, 2, std::numeric_limits<double>::infinity()}));
  EXPECT_FALSE(confidence_of(std::vector<double>{1, 2, 0}));
}

TEST(Confidence, HoldsTheTruthNineteenTimesInTwenty) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> draw(std::log(5.0), 0.4);
  for (const std::size_t repetitions : {3u, 5u, 10u, 40u}) {
    int held = 0;
    constexpr int kTrials = 4'000;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<double> values(repetitions);
      for (double& value : values) value = draw(random);
      const auto confidence = confidence_of(values);
      held += confidence->low <= 5 && 5 <= confidence->high ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(held) / kTrials, 0.95, 0.015) << repetitions;
  }
}

}  // namespace
}  // namespace measure
