// gzip bodies made of shared segments, read back by zlib itself; and the reader against what others write.
#include "wire/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace wire::gzip {
namespace {

using Texts = std::vector<std::string>;

class Collector final : public Reader::Handler {
 public:
  void on_plain(Bytes piece) override { plain += piece; }
  std::string plain;
};

std::string segment(Bytes plain) {
  std::string out;
  append_segment(out, plain);
  return out;
}

std::string body_of(const Texts& pieces) {
  std::string body(kHeader);
  Sum sum;
  for (const std::string& piece : pieces) {
    body += segment(piece);
    Piece(piece).add_to(sum);
  }
  append_trailer(body, sum);
  return body;
}

// By zlib, which checks header, checksum and size.
int zlib_reads(const std::string& body, std::string& plain) {
  z_stream z{};
  inflateInit2(&z, 16 + 15);
  std::string out(1 << 20, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  z.avail_in = static_cast<uInt>(body.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&z, Z_FINISH);
  plain.assign(out, 0, out.size() - z.avail_out);
  inflateEnd(&z);
  return status;
}

TEST(Gzip, bodies_of_segments_are_whole_to_zlib) {
  for (const Texts& pieces : {Texts{}, Texts{"a"}, Texts{"hello\n", "hello\n", std::string(100'000, 'x'), "\n"}}) {
    std::string plain;
    EXPECT_EQ(zlib_reads(body_of(pieces), plain), Z_STREAM_END);
    std::string expected;
    for (const std::string& piece : pieces) expected += piece;
    EXPECT_EQ(plain, expected);
  }
}

TEST(Gzip, a_segment_stands_alone_and_is_there_at_once) {
  Reader reader;
  Collector collector;
  EXPECT_EQ(reader.feed(std::string(kHeader) + segment("first\n"), collector), Reader::Result::kOk);
  EXPECT_EQ(collector.plain, "first\n") << "no more bytes are needed";
  EXPECT_EQ(reader.feed(segment("second\n"), collector), Reader::Result::kOk);
  EXPECT_EQ(collector.plain, "first\nsecond\n");
  EXPECT_EQ(reader.plain(), 13U);
  EXPECT_TRUE(segment("").empty());
}

TEST(Gzip, a_body_is_read_however_it_is_cut) {
  const std::string body = body_of({"one\n", std::string(3'000, 'y'), "three\n"});
  const std::string plain = "one\n" + std::string(3'000, 'y') + "three\n";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    Reader reader;
    Collector collector;
    ASSERT_EQ(reader.feed(Bytes(body).substr(0, cut), collector), Reader::Result::kOk);
    ASSERT_EQ(reader.feed(Bytes(body).substr(cut), collector), Reader::Result::kOk);
    ASSERT_EQ(collector.plain, plain) << cut;
  }
}

TEST(Gzip, a_wrong_checksum_or_no_gzip_at_all_is_corrupt) {
  std::string body = body_of({"hello"});
  body[body.size() - 8] ^= 1;
  Reader reader;
  Collector collector;
  EXPECT_EQ(reader.feed(body, collector), Reader::Result::kCorrupt);
  reader.reset();
  EXPECT_EQ(reader.feed("HTTP is no gzip", collector), Reader::Result::kCorrupt);
}

TEST(Gzip, members_may_follow_each_other) {
  Reader reader;
  Collector collector;
  EXPECT_EQ(reader.feed(body_of({"a"}) + body_of({"b"}), collector), Reader::Result::kOk);
  EXPECT_EQ(collector.plain, "ab");
}

TEST(Gzip, a_bomb_is_stopped_while_it_is_small) {
  const std::string bomb = body_of({std::string(std::size_t{64} << 20, '\0')});
  Reader reader;
  Collector collector;
  Reader::Result result = Reader::Result::kOk;
  for (std::size_t at = 0; at < bomb.size() && result == Reader::Result::kOk; at += 1'000) {
    result = reader.feed(Bytes(bomb).substr(at, 1'000), collector);
  }
  EXPECT_EQ(result, Reader::Result::kTooBig);
  EXPECT_LT(collector.plain.size(), std::size_t{2} << 20);
}

}  // namespace
}  // namespace wire::gzip
