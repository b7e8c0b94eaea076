#include "loadgen/measure/histogram_codec.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace measure {
namespace {

using Counts = std::vector<std::pair<std::int64_t, std::uint64_t>>;  // lowest value of the counter, count

Counts counts_of(const Histogram& histogram) {
  Counts counts;
  histogram.for_each_bucket(
      [&](std::int64_t lowest, std::int64_t, std::uint64_t count) { counts.emplace_back(lowest, count); });
  return counts;
}

std::string base64_of(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string compressed(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  std::string zipped(size, '\0');
  compress(reinterpret_cast<Bytef*>(zipped.data()), &size, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
  std::string out = bytes_of("1c849314");
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((size >> shift) & 0xff));
  return out.append(zipped, 0, size);
}

// digits 3, lowest 1, highest 3.6e12, ratio 1.0
constexpr std::string_view kOurHeader = "000000000000000300000000000000010000034630b8a0003ff0000000000000";

std::string plain(std::string_view payload_hex, std::string_view header = kOurHeader) {
  const std::string payload = bytes_of(payload_hex);
  std::string out = bytes_of("1c849313");
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((payload.size() >> shift) & 0xff));
  return out + bytes_of(header) + payload;
}

TEST(HistogramCodec, writes_the_bytes_of_the_specification) {
  Histogram histogram;
  EXPECT_EQ(encode_histogram(histogram, Encoding::kPlain), base64_of(plain("00")));
  histogram.record(0, 63);          // zigzag 126
  histogram.record(2, 64);          // one zero between: 00; zigzag 128: 80 01
  histogram.record(5, 1);           // two zeros between: -2 is zigzag 3
  histogram.record(2050, 1 << 20);  // -2043 is zigzag 4085: f5 1f; zigzag 2^21: 80 80 80 01
  EXPECT_EQ(encode_histogram(histogram, Encoding::kPlain), base64_of(plain("7e0080010302f51f80808001")));
}

TEST(HistogramCodec, writes_the_ninth_byte_with_all_its_bits) {
  Histogram histogram;
  histogram.record(0, std::numeric_limits<std::int64_t>::max());  // zigzag 2^64 - 2
  const std::string base64 = encode_histogram(histogram, Encoding::kPlain);
  EXPECT_EQ(base64, base64_of(plain("feffffffffffffffff")));
  EXPECT_EQ(counts_of(decode_histogram(base64).histogram), counts_of(histogram));
}

TEST(HistogramCodec, begins_compressed_histograms_like_every_other_writer) {
  EXPECT_EQ(encode_histogram(Histogram()).substr(0, 5), "HISTF");
}

TEST(HistogramCodec, gives_back_every_counter_in_both_encodings) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20; ++round) {
    Histogram histogram;
    for (int i = 0; i < round * 50; ++i) {
      histogram.record(static_cast<std::int64_t>(random() >> (random() % 40 + 22)), random() >> (random() % 40 + 24));
    }
    for (const Encoding encoding : {Encoding::kPlain, Encoding::kCompressed}) {
      const DecodedHistogram decoded = decode_histogram(encode_histogram(histogram, encoding));
      ASSERT_EQ(decoded.error, DecodeError::kNone) << decode_error_name(decoded.error);
      EXPECT_EQ(counts_of(decoded.histogram), counts_of(histogram));
      EXPECT_EQ(decoded.histogram.count(), histogram.count());
    }
  }
}

TEST(HistogramCodec, gives_back_a_histogram_with_every_counter_in_use) {
  Histogram histogram;
  for (std::size_t index = 0; index < Histogram::kCounters; ++index) histogram.add_at(index, std::uint64_t{1} << 62);
  const DecodedHistogram decoded = decode_histogram(encode_histogram(histogram));
  ASSERT_EQ(decoded.error, DecodeError::kNone);
  EXPECT_EQ(counts_of(decoded.histogram), counts_of(histogram));
}

// A histogram of hdr-histogram-js' own tests (value 42 once, up to 2 and resized), and the one of HdrHistogram's tests
// (10,000 times 1,000 and once 10^8, up to 3.6 x 10^9).
TEST(HistogramCodec, reads_histograms_of_other_writers_and_limits) {
  const DecodedHistogram small = decode_histogram("HISTFAAAAB542pNpmSzMwMDAxAABzFCaEUoz2X+AMIKZAEARAtM=");
  ASSERT_EQ(small.error, DecodeError::kNone) << decode_error_name(small.error);
  EXPECT_EQ(counts_of(small.histogram), (Counts{{42, 1}}));

  const std::string raw =
      plain("cf0fa09c0197880202", "0000000000000003000000000000000100000000d693a4003ff0000000000000");
  const DecodedHistogram classic = decode_histogram(base64_of(raw));
  ASSERT_EQ(classic.error, DecodeError::kNone) << decode_error_name(classic.error);
  EXPECT_EQ(counts_of(classic.histogram), (Counts{{1000, 10'000}, {99'942'400, 1}}));
}

class GoldenHistogram : public testing::TestWithParam<const char*> {};

// make_golden.js wrote them with hdr-histogram-js.
TEST_P(GoldenHistogram, of_hdr_histogram_js_has_the_same_counters) {
  std::ifstream file(std::string(PUSHBENCH_GOLDEN_DIR) + "/histogram_" + GetParam() + ".txt");
  std::string base64;
  ASSERT_TRUE(std::getline(file, base64));
  Counts expected;
  std::int64_t value = 0;
  std::uint64_t count = 0;
  while (file >> value >> count) expected.emplace_back(value, count);
  const DecodedHistogram decoded = decode_histogram(base64);
  ASSERT_EQ(decoded.error, DecodeError::kNone) << decode_error_name(decoded.error);
  EXPECT_EQ(counts_of(decoded.histogram), expected);
}

INSTANTIATE_TEST_SUITE_P(HistogramCodec, GoldenHistogram,
                         testing::Values("empty", "one", "edges", "large_counts", "latencies"),
                         [](const auto& golden) { return std::string(golden.param); });

TEST(HistogramCodec, says_why_it_cannot_read) {
  const std::string good = plain("02");
  const struct {
    const char* what;
    std::string base64;
    DecodeError error;
  } rows[] = {
      {"nothing", "", DecodeError::kBase64},
      {"text", "no histogram", DecodeError::kBase64},
      {"a foreign character", "HIST*AAA", DecodeError::kBase64},
      {"a line feed", base64_of(good) + "\n\n\n\n", DecodeError::kBase64},
      {"a hyphen", "HISTFAA-", DecodeError::kBase64},
      {"padding only", "====", DecodeError::kBase64},
      {"padding inside", "AA==AAAA", DecodeError::kBase64},
      {"three bytes", base64_of("abc"), DecodeError::kTruncated},
      {"half a header", base64_of(good.substr(0, 39)), DecodeError::kTruncated},
      {"a payload cut short", base64_of(good.substr(0, 40)), DecodeError::kTruncated},
      {"bytes left over", base64_of(good + "x"), DecodeError::kTruncated},
      {"a number cut short", base64_of(plain("80")), DecodeError::kTruncated},
      {"version 1", base64_of(bytes_of("1c849301") + good.substr(4)), DecodeError::kCookie},
      {"compressed twice", base64_of(compressed(compressed(good) + std::string(40, 'x'))), DecodeError::kCookie},
      {"2 digits, by HdrHistogram (Java)",
       "HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI=",
       DecodeError::kLayout},
      {"another offset", base64_of(plain("02", "000000020000000300000000000000010000034630b8a0003ff0000000000000")),
       DecodeError::kLayout},
      {"another ratio", base64_of(plain("02", "000000000000000300000000000000010000034630b8a0004000000000000000")),
       DecodeError::kLayout},
      {"damaged zlib", base64_of(bytes_of("1c84931400000004") + "zlib"), DecodeError::kZlib},
      {"a zlib bomb", base64_of(compressed(std::string(std::size_t{8} << 20, '\0'))), DecodeError::kZlib},
      {"a compressed length that is wrong", base64_of(compressed(good) + "x"), DecodeError::kTruncated},
      {"more counters than there are", base64_of(plain("ffff0302020202" + std::string(2048, '0'))),
       DecodeError::kCounters},
      {"a run of zeros beyond the end", base64_of(plain("ffff7f")), DecodeError::kCounters},
      {"the longest run of zeros", base64_of(plain("ffffffffffffffffff")), DecodeError::kCounters},
  };
  for (const auto& row : rows) {
    const DecodedHistogram decoded = decode_histogram(row.base64);
    EXPECT_EQ(decoded.error, row.error) << row.what << ": " << decode_error_name(decoded.error);
    EXPECT_EQ(decoded.histogram.count(), 0U) << row.what;
  }
}

TEST(HistogramCodec, survives_damage_to_any_byte) {
  Histogram histogram;
  for (std::int64_t value = 1; value < 1'000'000'000'000; value *= 3) histogram.record(value, 1000);
  for (const Encoding encoding : {Encoding::kPlain, Encoding::kCompressed}) {
    const std::string base64 = encode_histogram(histogram, encoding);
    for (std::size_t i = 0; i < base64.size(); ++i) {
      for (const char c : {'A', '/', '_', 'z'}) {
        std::string damaged = base64;
        damaged[i] = c;
        decode_histogram(damaged);
      }
      const DecodedHistogram cut = decode_histogram(std::string_view(base64).substr(0, i));
      EXPECT_NE(cut.error, DecodeError::kNone);
    }
  }
}

}  // namespace
}  // namespace measure
