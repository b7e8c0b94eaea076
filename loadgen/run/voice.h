// What a subscriber needs to publish (publish.from: subscribers); made at its first turn.
#pragma once

#include <cstdint>

#include "loadgen/run/post_connection.h"

namespace loadgen {

class Worker;

class Voice final : private PostConnection::Owner {
 public:
  Voice(Worker& worker, std::uint32_t subscriber);
  ~Voice();  // what is outstanding counts as unpublished

  // By POST, over a keep-alive connection of its own that is opened when it is needed.
  void post(std::uint64_t message, wire::Bytes payload);
  std::size_t unsent_bytes() const { return posting_.unsent_bytes(); }
  net::Segments segments() const { return posting_.segments(); }

  // Over the connection that the subscriber receives on.
  void spoke(std::uint64_t message);
  void connection_lost();

 private:
  static constexpr std::uint64_t kNothing = UINT64_MAX;
  void on_published(std::uint64_t message) override;
  void on_unpublished(std::uint64_t message) override;
  void on_posting_failure(Failure kind, std::string_view detail) override;

  Worker& worker_;
  std::uint32_t subscriber_;
  std::uint64_t first_spoken_ = kNothing;  // over the present connection
  PostConnection posting_;
};

}  // namespace loadgen
