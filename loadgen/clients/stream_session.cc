#include "loadgen/clients/stream_session.h"

#include "wire/gzip.h"
#include "wire/text.h"

namespace loadgen {

struct StreamSession::Gunzip final : private wire::gzip::Reader::Handler {
  explicit Gunzip(StreamSession& owner) : session(owner) {}
  wire::gzip::Reader::Result feed(Bytes piece) { return reader.feed(piece, *this); }
  void on_plain(Bytes piece) override {
    if (session.connected()) session.on_content(piece);
  }

  StreamSession& session;
  wire::gzip::Reader reader;
};

StreamSession::StreamSession(Host& host, const SessionConfig& plan, const std::string& topic, const char* route)
    : HttpSession(host, plan, topic, route) {}

StreamSession::~StreamSession() = default;

void StreamSession::on_open(Link&) {
  on_stream_start();
  std::string query;
  if (knows_cursor_) query.append("&after=").append(std::to_string(cursor_));
  append_query(query);
  request(query, request_headers(), request_method(), request_body());
}

void StreamSession::on_answer(const wire::http1::Response& response) {
  std::string_view wrong = check(response);
  const Bytes encoding = response.header("Content-Encoding");
  const bool compressed = wire::equal_ignoring_case(encoding, "gzip");
  if (!compressed && !encoding.empty() && !wire::equal_ignoring_case(encoding, "identity")) {
    wrong = "the Content-Encoding is neither gzip nor identity";
  }
  if (!wrong.empty()) {
    refuse(Failure::kProtocol, wrong);
    return;
  }
  gunzip_ = compressed ? std::make_unique<Gunzip>(*this) : nullptr;
  const bool resumes = knows_cursor_;
  const std::uint64_t cursor = cursor_;
  // A server that does not number its messages (any but ours) cannot be asked for what was missed.
  knows_cursor_ = read_number(response, "Pushbench-Cursor", cursor_);
  // A format that cannot tell a gap has it here.
  if (resumes && knows_cursor_ && cursor_ > cursor) host_.counts().gap_messages += cursor_ - cursor;
  host_.subscribed();
}

void StreamSession::on_piece(Bytes piece) {
  if (gunzip_ == nullptr) {
    on_content(piece);
    return;
  }
  const std::uint64_t before = gunzip_->reader.plain();
  const wire::gzip::Reader::Result result = gunzip_->feed(piece);
  ByteCount& received = host_.counts().received;
  received.encoded += piece.size();
  received.decoded += gunzip_->reader.plain() - before;
  if (!connected() || result == wire::gzip::Reader::Result::kOk) return;
  if (result == wire::gzip::Reader::Result::kTooBig) {
    fail(Failure::kTooLarge,
         "the body decompresses to more than " + std::to_string(wire::gzip::Reader::kMaxRatio) + " times its size");
  } else {
    fail(Failure::kProtocol, "the body is no gzip");
  }
}

}  // namespace loadgen
