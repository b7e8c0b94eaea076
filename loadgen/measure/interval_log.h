// HdrHistogram's log format 1.3: a text file of histograms, one an interval, that its own tools read and plot
// (HistogramLogReader and HistogramLogProcessor of the Java library, hdr-histogram-js and others).
//
//   #[Histogram log format version 1.3]
//   #[StartTime: 1441812279.474 (seconds since epoch), 2015-09-09T15:24:39Z]
//   "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
//   Tag=delivery_latency,0.127,1.007,2.769,HISTFAAA...
//
// Times are seconds, StartTimestamp since StartTime. Interval_Max is in milliseconds here (a million of the unit).
#pragma once

#include <string>
#include <string_view>

#include "loadgen/measure/histogram.h"

namespace measure {

// `start`: since the epoch, CLOCK_REALTIME.
std::string interval_log_head(Nanos start, std::string_view title);

// One line, ended by LF. `tag` has no comma, blank or line end. `begin` counts from the start of the log.
std::string interval_log_line(std::string_view tag, Nanos begin, Nanos length, const Histogram& histogram);

}  // namespace measure
