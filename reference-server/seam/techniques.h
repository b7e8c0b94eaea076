// The table of techniques, and those of them that one thread serves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "reference-server/seam/technique.h"
#include "wire/bytes.h"

namespace server {

// Every technique that there is, by the files of techniques/ and conformance/ (cmake/technique_table.cmake).
std::span<const TechniqueInfo> techniques();
// What Stats is made with.
std::vector<std::size_t> own_counters();

// One thread's instances.
class Techniques {
 public:
  static constexpr std::uint16_t kNone = UINT16_MAX;

  explicit Techniques(Context& context);
  Techniques(const Techniques&) = delete;
  Techniques& operator=(const Techniques&) = delete;

  // The index in techniques() of the one that answers requests for the path, or kNone.
  std::uint16_t find(Bytes path) const;
  Technique& at(std::uint16_t index) { return *served_[index].technique; }  // requires an index that find() gave
  void on_publish(Topic& topic, const Message& message);
  void on_flush();
  void on_topic_gone(const Topic& topic);
  void on_shutdown();
  void clear() { served_.clear(); }

 private:
  struct Served {
    std::string_view route;
    bool and_below = false;                // paths that begin with the route, too
    std::unique_ptr<Technique> technique;  // null: not served
  };
  std::vector<Served> served_;  // in the order of the table
};

}  // namespace server
