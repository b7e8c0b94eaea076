#include "reference-server/http/stats_page.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "reference-server/seam/reply.h"
#include "reference-server/seam/techniques.h"
#include "wire/http1/target.h"

namespace server {

namespace {

using Json = nlohmann::ordered_json;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

template <typename Pick>
std::uint64_t sum(const std::vector<const Stats*>& threads, Pick pick) {
  std::uint64_t total = 0;
  for (const Stats* stats : threads) total += pick(*stats).get();
  return total;
}

Json bytes_json(const std::vector<const Stats*>& threads, ByteCounters Stats::*direction, bool tls) {
  auto kind = [&](Counter ByteCounters::*counter) {
    return sum(threads, [&](const Stats& s) -> const Counter& { return s.*direction.*counter; });
  };
  return {{"payload", kind(&ByteCounters::payload)}, {"framing", kind(&ByteCounters::framing)},
          {"http", kind(&ByteCounters::http)},       {"encoded", kind(&ByteCounters::encoded)},
          {"decoded", kind(&ByteCounters::decoded)}, {"tls", tls ? Json(kind(&ByteCounters::tls)) : Json(nullptr)}};
}

Json tls_json(const std::vector<const Stats*>& threads) {
  auto total = [&](Counter TlsStats::*counter) {
    return sum(threads, [&](const Stats& s) -> const Counter& { return s.tls.*counter; });
  };
  return {{"handshakes", total(&TlsStats::handshakes)},
          {"resumed", total(&TlsStats::resumed)},
          {"failures", total(&TlsStats::failures)}};
}

Json by_technique(const std::vector<const Stats*>& threads, Counter TechniqueStats::*counter) {
  Json json = Json::object();
  for (std::size_t i = 0; i < techniques().size(); ++i) {
    if (techniques()[i].conformance) continue;
    json[std::string(techniques()[i].name)] =
        sum(threads, [&](const Stats& s) -> const Counter& { return s.techniques[i].*counter; });
  }
  return json;
}

// What a technique counts and lists beside what all do.
Json own_json(const std::vector<const Stats*>& threads, std::size_t technique) {
  Json json = Json::object();
  const auto names = techniques()[technique].counter_names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    json[std::string(names[i])] =
        sum(threads, [&](const Stats& s) -> const Counter& { return s.techniques[technique].own[i]; });
  }
  std::string list;
  for (const Stats* stats : threads) {
    const std::string some = stats->techniques[technique].list.get();
    if (!list.empty() && !some.empty()) list.push_back(',');
    list += some;
  }
  json["list"] = Json::parse("[" + list + "]");
  return json;
}

std::string random_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

void add_topics(Json& json, const Topics& topics, const TopicPage& page) {
  Json list = Json::array();
  const auto add = [&](const Topic& topic) {
    list.push_back({{"name", topic.name()}, {"first", topic.first()}, {"head", topic.head()}});
  };
  std::optional<std::uint32_t> next;
  if (!page.name) {
    next = topics.visit(page.from, page.count, add);
  } else if (const Topic* topic = topics.find(*page.name)) {
    add(*topic);
  }
  json["topics_total"] = topics.size();
  json["topics_next"] = next ? Json(*next) : Json(nullptr);
  json["topics"] = std::move(list);
}

}  // namespace

bool parse_topic_page(const wire::http1::Request& request, TopicPage& page, std::string& error) {
  std::string text;
  if (wire::http1::query_value(request.query, "topic", text)) page.name = text;
  if (wire::http1::query_value(request.query, "topics", text)) {
    const auto count = parse_number(text);
    if (!count || *count > TopicPage::kMost) {
      error = fmt::format("topics={} is not a number from 0 to {}", in_quotes(Bytes(text)), TopicPage::kMost);
      return false;
    }
    page.count = *count;
  }
  if (wire::http1::query_value(request.query, "topics-from", text)) {
    const auto from = parse_number(text);
    if (!from || *from > UINT32_MAX) {
      error = "topics-from=" + in_quotes(Bytes(text)) + " is not what a page has told as topics_next";
      return false;
    }
    page.from = static_cast<std::uint32_t>(*from);
  }
  return true;
}

StatsPage::StatsPage(wire::Time started, bool tls) : started_(started), tls_(tls), instance_(random_name()) {}

std::string StatsPage::json(const Topics& topics, const TopicPage& page, wire::Time now) const {
  auto total = [&](Counter Stats::*counter) {
    return sum(threads_, [&](const Stats& s) -> const Counter& { return s.*counter; });
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  Json json;
  json["instance"] = instance_;
  json["uptime_s"] = std::chrono::duration<double>(now - started_).count();
  json["threads"] = threads_.size();
  json["cpu_seconds"] = {{"user", seconds(usage.ru_utime)}, {"system", seconds(usage.ru_stime)}};
  json["rss_bytes"] = resident_bytes();
  json["connections"] = {{"open", total(&Stats::open)},
                         {"accepted", total(&Stats::accepted)},
                         {"timed_out", total(&Stats::timed_out)},
                         {"by_technique", by_technique(threads_, &TechniqueStats::connections)}};
  json["requests"] = total(&Stats::requests);
  json["bad_requests"] = total(&Stats::bad_requests);
  json["bad_upgrades"] = total(&Stats::bad_upgrades);
  json["published"] = total(&Stats::published);
  json["delivered"] = by_technique(threads_, &TechniqueStats::delivered);
  json["dropped"] = total(&Stats::dropped);
  json["gap_messages"] = total(&Stats::gap_messages);
  json["disconnected_slow"] = total(&Stats::disconnected_slow);
  json["tls"] = tls_ ? tls_json(threads_) : Json(nullptr);
  json["bytes"] = {{"sent", bytes_json(threads_, &Stats::sent, tls_)},
                   {"received", bytes_json(threads_, &Stats::received, tls_)}};
  auto compressed = [&](Counter CompressionCounters::*counter) {
    return sum(threads_, [&](const Stats& s) -> const Counter& { return s.compression.*counter; });
  };
  json["compression"] = {{"messages", compressed(&CompressionCounters::messages)},
                         {"payload_bytes", compressed(&CompressionCounters::payload)},
                         {"compressed_bytes", compressed(&CompressionCounters::compressed)}};
  for (std::size_t i = 0; i < techniques().size(); ++i) {
    const TechniqueInfo& info = techniques()[i];
    if (!info.counter_names.empty()) json[std::string(info.name)] = own_json(threads_, i);
  }
  add_topics(json, topics, page);
  // A topic's name is whatever bytes a client chose.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace server
