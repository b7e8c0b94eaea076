#include "loadgen/measure/interval_log.h"

#include <gtest/gtest.h>

#include "loadgen/measure/histogram_codec.h"

namespace measure {
namespace {

TEST(IntervalLog, HeadIsThatOfFormat13) {
  EXPECT_EQ(interval_log_head(std::chrono::milliseconds(1'441'812'279'474), "a title"),
            "#a title\n"
            "#[Histogram log format version 1.3]\n"
            "#[StartTime: 1441812279.474 (seconds since epoch), 2015-09-09T15:24:39Z]\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
}

TEST(IntervalLog, LineHasTagTimesGreatestAndHistogram) {
  Histogram histogram;
  histogram.record(std::chrono::milliseconds(2));
  histogram.record(std::chrono::microseconds(3));
  EXPECT_EQ(interval_log_line("delivery_latency", std::chrono::milliseconds(127), std::chrono::milliseconds(1'007),
                              histogram),
            "Tag=delivery_latency,0.127,1.007,2.001," + encode_histogram(histogram) + "\n");
}

}  // namespace
}  // namespace measure
