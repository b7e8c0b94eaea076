// The path of a message asks for no memory.
#include <gtest/gtest.h>

#include "allocations.h"
#include "delivery_path.h"

namespace loadgen {
namespace {

class Delivery : public testing::TestWithParam<const char*> {};

TEST_P(Delivery, AllocatesNothingForAMessage) {
  for (const std::size_t messages : {1, 16}) {
    DeliveryPath path(GetParam(), messages);
    for (std::size_t i = 0; i < 2 * DeliveryPath::kReads; ++i) path.read();  // buffers grow to their size
    const std::uint64_t before = allocations();
    for (std::size_t i = 0; i < 4 * DeliveryPath::kReads; ++i) path.read();
    EXPECT_EQ(allocations() - before, 0U) << messages << " messages a read";
    EXPECT_EQ(path.failure(), "");
    EXPECT_EQ(path.delivered(), 6 * DeliveryPath::kReads * messages);
  }
}

INSTANTIATE_TEST_SUITE_P(Techniques, Delivery,
                         testing::Values("polling", "long-polling", "http-streaming", "forever-frame", "sse",
                                         "websocket", "socketio"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace loadgen
