// What the tests of streams share.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "memory_server.h"

namespace server {

class Streams : public testing::TestWithParam<std::string_view> {
 protected:
  std::string_view technique() const { return GetParam(); }
  Messages got(const MemoryConnection& connection) const { return messages_of(technique(), connection.taken); }
};

inline Messages numbers(int first, int last) {
  Messages messages;
  for (int i = first; i <= last; ++i) messages.push_back("m" + std::to_string(i));
  return messages;
}

inline void publish_numbers(MemoryServer& server, int first, int last) {
  for (int i = first; i <= last; ++i) server.say("t", "m" + std::to_string(i));
}

// "http-streaming" as a word of a test's name.
inline std::string test_name(const testing::TestParamInfo<std::string_view>& each) {
  std::string name(each.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace server
