// The side of hdr-histogram-js (pure JavaScript, no WebAssembly) in test_hdr_js.py: one JSON request on stdin, one answer on stdout.
'use strict';
const fs = require('fs');
const zlib = require('zlib');
const hdr = require('../npm/node_modules/hdr-histogram-js');

const kBucketBits = 64;   // counters of 64 bits: the default of 32 would wrap

function build() {
  return hdr.build({
    bitBucketSize: kBucketBits, autoResize: false, lowestDiscernibleValue: 1, highestTrackableValue: 3600e9,
    numberOfSignificantValueDigits: 3, useWebAssembly: false,
  });
}

function buckets(histogram) {
  const result = [];
  for (let i = 0; i < histogram.countsArrayLength; ++i) {
    const count = histogram.getCountAtIndex(i);
    const lowest = histogram.valueFromIndex(i);
    if (count > 0) result.push([lowest, histogram.highestEquivalentValue(lowest), count]);
  }
  return result;
}

const modes = {
  decode({base64, quantiles}) {
    const histogram = hdr.decodeFromCompressedBase64(base64, kBucketBits, false);
    const all = buckets(histogram);
    return {
      count: histogram.totalCount,
      min: all.length > 0 ? all[0][0] : 0,    // the library offers the lowest value above 0 only
      max: histogram.maxValue,
      mean: histogram.mean,
      at: quantiles.map((q) => histogram.getValueAtPercentile(q * 100)),
      digits: histogram.numberOfSignificantValueDigits,
      highest: histogram.highestTrackableValue,
      buckets: all,
    };
  },
  encode({values}) {
    const histogram = build();
    for (const [value, count] of values) histogram.recordValueWithCount(value, count);
    return {base64: hdr.encodeIntoCompressedBase64(histogram), buckets: buckets(histogram)};
  },
  log({text}) {
    const reader = new hdr.HistogramLogReader(text, kBucketBits, false);
    const intervals = [];
    for (let h = reader.nextIntervalHistogram(); h !== null; h = reader.nextIntervalHistogram()) {
      intervals.push({tag: h.tag, start_ms: h.startTimeStampMsec, end_ms: h.endTimeStampMsec, count: h.totalCount, buckets: buckets(h)});
    }
    return {intervals};
  },
  inflate({base64}) {
    return {base64: zlib.inflateSync(Buffer.from(base64, 'base64').subarray(8)).toString('base64')};
  },
};

const request = JSON.parse(fs.readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(modes[request.mode](request)));
