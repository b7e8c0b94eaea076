// Writes the golden files of histogram_codec_test.cc with hdr-histogram-js: the base64, then "VALUE COUNT" for every counter in use,
// VALUE being the lowest of the counter. The values are fixed, so a second run writes the same files.
//   node tests/measure/make_golden.js tests/golden
'use strict';
const fs = require('fs');
const path = require('path');
const hdr = require('../npm/node_modules/hdr-histogram-js');

const kHour = 3600e9;
const cases = {
  empty: (h) => h,
  one: (h) => h.recordValue(1234567),
  edges: (h) => [0, 1, 2047, 2048, 2049, 4095, 4096, 999999, 1e9, kHour - 1, kHour].forEach((v) => h.recordValue(v)),
  large_counts: (h) => {
    [127, 128, 63, 64, 8191, 8192, 1048576, 2 ** 31, 2 ** 40, 2 ** 45].forEach(
        (count, i) => h.recordValueWithCount(1000 * 7 ** i, count));
  },
  latencies: (h) => {
    let state = 1;                                             // a linear congruential generator: the same values every time
    for (let i = 0; i < 2000; ++i) {
      state = (state * 1103515245 + 12345) % 2147483648;
      h.recordValue(Math.floor(80e3 * Math.exp(5 * (state / 2147483648) ** 3)));
    }
  },
};

for (const [name, fill] of Object.entries(cases)) {
  // 64-bit buckets keep large counts exact (as doubles); the default 32 would not.
  const histogram = hdr.build({
    bitBucketSize: 64, autoResize: false, lowestDiscernibleValue: 1, highestTrackableValue: kHour,
    numberOfSignificantValueDigits: 3, useWebAssembly: false,
  });
  fill(histogram);
  const lines = [hdr.encodeIntoCompressedBase64(histogram)];
  for (let i = 0; i < histogram.countsArrayLength; ++i) {
    const count = histogram.getCountAtIndex(i);
    if (count > 0) lines.push(`${histogram.valueFromIndex(i)} ${count}`);
  }
  fs.writeFileSync(path.join(process.argv[2], `histogram_${name}.txt`), lines.join('\n') + '\n');
}
