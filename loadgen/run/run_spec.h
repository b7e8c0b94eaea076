// What the threads of one run share: fixed before they start, but for the moment publishing starts.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "loadgen/clients/techniques.h"
#include "loadgen/measure/pacer.h"
#include "loadgen/run/client_tls.h"
#include "loadgen/run/topic_member.h"
#include "loadgen/scenario/scenario.h"
#include "net/address.h"
#include "wire/message.h"

namespace loadgen {

// Where and how messages are published.
struct PublishTarget {
  net::Address address;
  std::string method_and_base;  // "POST /base": what comes before the path
  std::string path;             // with "{topic}"
  std::string headers;          // " HTTP/1.1" and every header line up to the number of Content-Length
  bool secure = false;          // https
};

// Messages are numbered through all topics by the schedule: message n (from 0) goes to topic n % topics, with the
// sequence n / topics + 1 there.
struct RunSpec {
  const Scenario& scenario;
  const Variant& variant;
  SessionConfig plan;
  net::Address target;
  PublishTarget publish{};
  const ClientTls* tls = nullptr;  // of connections to the target if plan.secure, and to https servers that it names
  std::string tls_host{};          // of the target: the name that is verified
  std::string publish_tls_host{};  // of the server that is published to
  measure::Pacer pacer;
  std::uint64_t topics = 1;
  std::uint64_t first_measured = 0;  // messages [first_measured, end) have their intended time in `measure`
  std::uint64_t end = 0;             // nothing is published from here on
  std::uint64_t seed = 0;
  std::string interval_log{};          // path of the log of intervals; empty: none is written
  bool own_tables = false;             // each worker has a descriptor table of its own (net/limits.h)
  std::uint32_t connections_each = 1;  // of a subscriber, at a time

  const ReconnectPolicy& reconnect() const {
    const auto& technique = variant.technique->reconnect;
    return scenario.own_reconnect || !technique ? scenario.reconnect : *technique;
  }
  std::uint64_t topic_of(std::uint64_t message) const { return message % topics; }
  std::uint64_t sequence_of(std::uint64_t message) const { return message / topics + 1; }
  std::uint64_t message_of(std::uint64_t topic, std::uint64_t sequence) const {
    return (sequence - 1) * topics + topic;
  }
  // The first sequence of `topic` whose message number is at least `message`.
  std::uint64_t first_sequence(std::uint64_t topic, std::uint64_t message) const {
    return message <= topic ? 1 : (message - topic + topics - 1) / topics + 1;
  }
  // Subscribers are numbered through all topics as well: number n (from 0) is member n / topics of topic n % topics.
  std::uint32_t members_of(std::uint64_t topic) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(scenario.subscribers) - topic + topics - 1) / topics);
  }
  TopicMember topic_member_of(std::uint32_t subscriber) const {
    TopicMember part{.topic = static_cast<std::uint32_t>(subscriber % topics),
                     .member = static_cast<std::uint32_t>(subscriber / topics)};
    const std::uint32_t members = members_of(part.topic);
    if (part.member < members / 10) part.position = TopicMember::Position::kFirstDecile;
    if (part.member >= members - members / 10) part.position = TopicMember::Position::kLastDecile;
    if (scenario.publish.from == PublishFrom::kSubscribers) part.speakers = members;
    part.receives_own = scenario.publish.echo;
    return part;
  }
  // What each of a subscriber's connections is made from; nothing: the kernel chooses.
  std::optional<net::Address> source_address(const net::Address& to, std::uint32_t subscriber) const {
    return scenario.sources.of(subscriber * connections_each, to);
  }
  // The subscriber whose turn it is, with publish.from: subscribers.
  std::uint32_t speaker_of(std::uint64_t message) const {
    const std::uint64_t topic = topic_of(message);
    return static_cast<std::uint32_t>((sequence_of(message) - 1) % members_of(topic) * topics + topic);
  }
  wire::Marker marker_of(std::uint64_t message, wire::Time intended, wire::Time sent) const {
    return {.publisher = static_cast<std::uint32_t>(topic_of(message)),
            .sequence = sequence_of(message),
            .intended = intended,
            .sent = sent,
            .length = static_cast<std::uint32_t>(scenario.publish.payload)};
  }
  bool is_measured(std::uint64_t message) const { return message >= first_measured && message < end; }
};

}  // namespace loadgen
