// Messages from fragments and pieces, inflated where they came compressed.
#include "wire/websocket_parts.h"

namespace wire::websocket {

void Reader::begin_message(const Frame& frame) {
  Pool& pool = Pool::mine();
  message_ = Pool::take(pool.messages);
  message_->type = static_cast<Opcode>(frame.opcode);
  message_->compressed = frame.compressed();
  // The peer's word is believed up to what the pool keeps anyway.
  message_->payload.reserve(std::min<std::uint64_t>(frame.payload_size, Pool::kKeptPayload));
  if (!message_->compressed) return;
  if (!deflate_.takeover) {
    message_->inflater = Pool::take(pool.inflaters);
    message_->inflater->reset();
  } else if (inflater_ == nullptr) {
    inflater_ = std::make_unique<Inflater>(deflate_.window_bits);
  }
}

std::uint16_t Reader::append(Bytes piece, bool last) {
  Message& message = *message_;
  const std::size_t before = message.payload.size();
  if (!message.compressed) {
    message.payload.append(piece);
  } else if (const std::uint16_t code = inflate(piece, last); code != 0) {
    return code;
  }
  if (message.type != Opcode::kText) return 0;
  if (!message.utf8.feed(Bytes(message.payload).substr(before))) return fail(kInvalidPayload, "text is not UTF-8");
  if (last && !message.utf8.complete()) return fail(kInvalidPayload, "text ends inside a character");
  return 0;
}

std::uint16_t Reader::inflate(Bytes piece, bool last) {
  Message& message = *message_;
  Inflater& inflater = message.inflater != nullptr ? *message.inflater : *inflater_;
  message.compressed_bytes += piece.size();
  Inflater::Result result = inflater.append(message.payload, piece, max_message_);
  if (result == Inflater::Result::kOk && last) result = inflater.finish(message.payload, max_message_);
  if (result == Inflater::Result::kTooBig) return fail(kTooBig, "message too big");
  return result == Inflater::Result::kOk ? 0 : fail(kInvalidPayload, "the compressed data is corrupt");
}

void Reader::end_message(Handler& handler) {
  std::unique_ptr<Message> message = std::move(message_);
  if (message->compressed) handler.on_compressed(message->compressed_bytes);
  handler.on_message(message->type, message->payload);
  Pool::mine().give_back(std::move(message));
}

}  // namespace wire::websocket
