#include "loadgen/run/series.h"

#include <gtest/gtest.h>

#include "loadgen/campaign/campaign.h"

namespace loadgen {
namespace {

measure::Histogram one_delivery() {
  measure::Histogram histogram;
  histogram.record(std::chrono::milliseconds(1));
  return histogram;
}

TEST(IntervalLogFile, SaysWhyItIsNotWhole) {
  IntervalLog absent("/nonexistent/x.hlog", "title", Nanos(0));
  absent.append(Nanos(0), Nanos(1), one_delivery());
  EXPECT_EQ(absent.close(), "cannot write /nonexistent/x.hlog: No such file or directory");
  IntervalLog full("/dev/full", "title", Nanos(0));
  full.append(Nanos(0), Nanos(1), one_delivery());
  EXPECT_EQ(full.close(), "cannot write /dev/full: No space left on device");
}

TEST(IntervalLogFile, IsSilentWhenItIsWholeOrNotAskedFor) {
  const std::string path = testing::TempDir() + "series_test.hlog";
  IntervalLog whole(path, "title", Nanos(0));
  whole.append(Nanos(0), Nanos(1), one_delivery());
  EXPECT_EQ(whole.close(), "");
  std::remove(path.c_str());
  IntervalLog none("", "title", Nanos(0));
  none.append(Nanos(0), Nanos(1), one_delivery());
  EXPECT_EQ(none.close(), "");
}

TEST(IntervalLogFile, HasANameOfItsOwnForEveryVariant) {
  TechniqueInfo websocket{};
  websocket.name = "websocket";
  Scenario scenario;
  for (const char* name : {"", "+deflate", "-deflate", "500ms"}) scenario.variants.push_back({&websocket, name, {}, 1});
  std::vector<std::string> names;
  for (const Variant& variant : scenario.variants) names.push_back(interval_log_name(scenario, variant, 2));
  EXPECT_EQ(names, (std::vector<std::string>{"websocket-2.hlog", "websocket--deflate-2.hlog",
                                             "websocket--deflate~2-2.hlog", "websocket-500ms-2.hlog"}));
}

}  // namespace
}  // namespace loadgen
