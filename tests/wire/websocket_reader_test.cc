// A reader beside others: stopping, sharing the pools of a thread, allocations.
#include "allocations.h"
#include "websocket_frames.h"

namespace {

using namespace frames;

class Stopper : public Recorder {
 public:
  explicit Stopper(Reader& reader) : reader_(reader) {}
  void on_message(Opcode type, Bytes payload) override {
    Recorder::on_message(type, payload);
    if (payload == "stop") reader_.stop();
  }

 private:
  Reader& reader_;
};

TEST(WebSocketFrames, stop_ends_the_reading_after_the_callback_and_for_good) {
  for_every_cut(message("a") + message("stop") + message("b"), [](const std::vector<Bytes>& pieces) {
    Reader reader(Role::kClient);
    Stopper stopper(reader);
    for (const Bytes piece : pieces) ASSERT_EQ(reader.feed(piece, stopper), 0);
    ASSERT_TRUE(reader.stopped());
    ASSERT_EQ(stopper.log, (Log{"binary(a)", "binary(stop)"}));
  });
}

TEST(WebSocketFrames, what_a_stopped_or_failed_reader_left_behind_reaches_no_other_reader) {
  for (const std::string& stream : {message("stop") + message("left"), message("a") + bytes("\xC1\x01x\x82\x04left"),
                                    frame(0x88, "") + message("left"), frame(0x81, "\xFFxx") + message("left")}) {
    Reader first(Role::kClient);
    Stopper stopper(first);
    first.feed(stream, stopper);
    Reader second(Role::kClient);
    Recorder recorder;
    ASSERT_EQ(second.feed(message("mine"), recorder), 0);
    ASSERT_EQ(recorder.log, Log{"binary(mine)"});
  }
}

// Two ends in one thread, each answering the other from inside its callback.
class Echo : public Recorder {
 public:
  explicit Echo(Role role) : reader(role) {}
  void on_message(Opcode type, Bytes payload) override {
    Recorder::on_message(type, payload);
    if (peer == nullptr) return;
    EXPECT_EQ(peer->reader.feed(message(std::string(payload) + "!"), *peer), 0);
  }
  Reader reader;
  Echo* peer = nullptr;
};

TEST(WebSocketFrames, a_handler_may_feed_another_reader) {
  Echo a(Role::kClient);
  Echo b(Role::kClient);
  a.peer = &b;
  ASSERT_EQ(a.reader.feed(message("1") + message("2") + message("3").substr(0, 2), a), 0);
  ASSERT_EQ(a.reader.feed("3", a), 0);
  EXPECT_EQ(a.log, (Log{"binary(1)", "binary(2)", "binary(3)"}));
  EXPECT_EQ(b.log, (Log{"binary(1!)", "binary(2!)", "binary(3!)"}));
}

TEST(WebSocketFrames, interleaved_readers_with_incomplete_frames_do_not_mix) {
  const std::string streams[] = {message("first") + frame(0x02, "fr") + frame(0x80, "ag"),
                                 message("SECOND") + message("more")};
  Reader readers[] = {Reader(Role::kClient), Reader(Role::kClient)};
  Recorder recorders[2];
  for (std::size_t at = 0; at < 20; ++at) {
    for (int i = 0; i < 2; ++i) {
      if (at >= streams[i].size()) continue;
      ASSERT_EQ(readers[i].feed(Bytes(streams[i]).substr(at, 1), recorders[i]), 0);
    }
  }
  EXPECT_EQ(recorders[0].log, (Log{"binary(first)", "binary(frag)"}));
  EXPECT_EQ(recorders[1].log, (Log{"binary(SECOND)", "binary(more)"}));
}

TEST(WebSocketFrames, are_read_without_operator_new_once_the_thread_is_warm) {
  std::string stream;
  for (int i = 0; i < 100; ++i) stream += frame(0x81, std::string(100, 'x'));
  Counter counter;
  const auto read_all = [&](Reader& reader) {
    ASSERT_EQ(reader.feed(stream, counter), 0);
    ASSERT_EQ(reader.feed(Bytes(stream).substr(0, 5000), counter), 0) << "ends inside a frame";
    ASSERT_EQ(reader.feed(Bytes(stream).substr(5000), counter), 0);
  };
  Reader warm(Role::kClient);
  read_all(warm);
  const std::uint64_t before = allocations();
  for (int i = 0; i < 10; ++i) {
    Reader fresh(Role::kClient);
    read_all(warm);
    read_all(fresh);
  }
  EXPECT_EQ(allocations() - before, 0u);
  EXPECT_EQ(counter.bytes, 21u * 2 * 100 * 100);
}

}  // namespace
