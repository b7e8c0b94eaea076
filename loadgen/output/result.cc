#include "loadgen/output/result.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "loadgen/campaign/baseline.h"
#include "loadgen/campaign/previous_runs.h"
#include "loadgen/measure/histogram_codec.h"
#include "loadgen/output/result_parts.h"
#include "loadgen/version.h"

namespace loadgen {

namespace {

using json::Json;
using json::optional;
using json::seconds;
namespace fs = std::filesystem;

Json distribution(const measure::Histogram& histogram, std::uint64_t expected) {
  Json json = json::summary(measure::summarise(histogram, expected));
  if (expected > histogram.count()) {
    json["undelivered_from"] = static_cast<double>(histogram.count()) / static_cast<double>(expected);
  }
  return json;
}

Json distribution(const measure::Histogram& histogram) {
  return distribution(histogram, histogram.count());
}

// null for a technique that has nothing of the kind.
Json optional_distribution(const measure::Histogram& histogram) {
  return histogram.count() > 0 ? distribution(histogram) : Json(nullptr);
}

Json fanout_position_json(const RunResult& run) {
  const Recorder& recorder = run.recorder;
  if (recorder.first_decile.count() == 0 || recorder.last_decile.count() == 0) return nullptr;
  return {{"first_decile", distribution(recorder.first_decile)}, {"last_decile", distribution(recorder.last_decile)}};
}

Json generator_json(const RunResult& run) {
  const Window& window = run.window;
  Json utilisation = nullptr;
  if (window.length > Nanos(0) && run.workers > 0) {
    utilisation = static_cast<double>(window.busy.count()) / (static_cast<double>(window.length.count()) * run.workers);
  }
  return {{"cpu_us_per_delivery", json::micros(run, "generator_cpu_per_delivery")},
          {"loop_lag_ns", distribution(run.recorder.loop_lag)},
          {"read_delay_ns", distribution(run.recorder.read_delay)},
          {"jitter_ns", distribution(run.jitter.lateness)},
          {"loop_utilisation", utilisation},
          {"threads", run.workers},
          {"rss_bytes", run.generator_rss_bytes}};
}

Json histograms_json(const RunResult& run) {
  Json json = {{"delivery_latency", measure::encode_histogram(run.recorder.delivery_latency)},
               {"service_time", measure::encode_histogram(run.recorder.service_time)},
               {"send_lag", measure::encode_histogram(run.send_lag)},
               {"readiness", measure::encode_histogram(run.recorder.readiness)},
               {"fanout_spread", measure::encode_histogram(run.fanout_spread)},
               {"subscriber_bandwidth", measure::encode_histogram(run.recorder.subscriber_bandwidth)},
               {"loop_lag", measure::encode_histogram(run.recorder.loop_lag)},
               {"read_delay", measure::encode_histogram(run.recorder.read_delay)},
               {"jitter", measure::encode_histogram(run.jitter.lateness)}};
  if (run.recorder.round_trip.count() > 0) json["round_trip"] = measure::encode_histogram(run.recorder.round_trip);
  return json;
}

Json phases_json(const PhaseTimes& phases) {
  const std::pair<const char*, Nanos> lengths[] = {{"ramp", phases.ramp},       {"memory", phases.memory},
                                                   {"idle", phases.idle},       {"warm_up", phases.warm_up},
                                                   {"measure", phases.measure}, {"drain", phases.drain}};
  Json json = Json::object();
  for (const auto& [name, length] : lengths) {
    if (length > Nanos(0)) json[name] = seconds(length);
  }
  return json;
}

Json run_json(const RunResult& run) {
  Json json = {{"technique", run.variant->technique->name},
               {"variant", run.variant->name},
               {"repetition", run.repetition},
               {"order", run.order},
               {"subscribers", run.subscribers},
               {"connected", run.connected},
               {"topics", run.topics},
               {"published", run.published},
               {"publish_failed", run.publish_failed},
               {"expected_deliveries", run.expected},
               {"delivered", run.delivered()},
               {"missing", run.missing},
               {"missed_while_away", run.missed_while_away},
               {"replayed", run.recorder.replayed},
               {"duplicate", run.recorder.duplicate},
               {"reordered", run.recorder.reordered},
               {"corrupt", run.recorder.corrupt},
               {"early", run.recorder.early},
               {"own", run.recorder.own},
               {"foreign", run.recorder.foreign}};
  add_failures(json, run.failures);
  json["phases_s"] = phases_json(run.phases);
  json["offered_rate_per_s"] = optional(run.offered_rate);
  json["achieved_rate_per_s"] = optional(run.achieved_rate);
  json["delivery_latency_ns"] = distribution(run.recorder.delivery_latency, run.expected);
  json["service_time_ns"] = distribution(run.recorder.service_time, run.expected);
  json["send_lag_ns"] = distribution(run.send_lag);
  json["readiness_ns"] = distribution(run.recorder.readiness);
  json["round_trip_ns"] = optional_distribution(run.recorder.round_trip);
  json["fanout_spread_ns"] = distribution(run.fanout_spread);
  json["fanout_position_ns"] = fanout_position_json(run);
  json["bytes"] = bytes_json(run);
  json["tls"] = tls_json(run);
  json["bytes_per_delivery"] = optional(number_of(run, "bytes_per_delivery"));
  json["subscriber_bandwidth_bytes_per_s"] = distribution(run.recorder.subscriber_bandwidth);
  json["requests"] = run.window.counts.requests;
  json["compression"] = compression_json(run.window.counts);
  json["empty_answers"] = run.window.counts.empty_answers;
  json["full_answers"] = run.window.counts.full_answers;
  json["skipped_polls"] = run.window.counts.skipped_polls;
  json["gap_messages"] = run.window.counts.gap_messages;
  json["request_timeouts"] = run.window.counts.request_timeouts;
  json["idle"] = idle_json(run);
  json["server"] = server_json(run);
  json["memory"] = memory_json(run);
  json["generator"] = generator_json(run);
  json["machine"] = machine_json(run);
  json["series"] = series_json(run);
  json["interval_log"] =
      run.interval_log.empty() ? Json(nullptr) : Json(fs::path(run.interval_log).filename().string());
  json["verdict"] = verdict_name(run.verdict);
  const RunResult* const only = &run;
  json["verdict_reasons"] = reasons_json({&only, 1});
  json["histograms"] = histograms_json(run);
  return json;
}

Json warning_json(const Warning& warning, Json run) {
  return {{"rule", warning.rule},
          {"level", level_name(warning.level)},
          {"message", warning.message},
          {"run", std::move(run)}};
}

Json warnings_json(const Campaign& campaign) {
  Json list = Json::array();
  for (const Warning& warning : campaign.warnings) list.push_back(warning_json(warning, nullptr));
  for (std::size_t i = 0; i < campaign.runs.size(); ++i) {
    for (const Warning& warning : campaign.runs[i].warnings) list.push_back(warning_json(warning, i));
  }
  return list;
}

const char* answer_text(Answer answer) {
  switch (answer) {
    case Answer::kMet:
      return "passed";
    case Answer::kBroken:
      return "broken";
    case Answer::kUnknown:
      break;
  }
  return "unknown";
}

Json thresholds_json(const Scenario& scenario, std::span<const ThresholdOutcome> outcomes) {
  Json list = Json::array();
  for (const Threshold& threshold : scenario.thresholds) {
    Json json = {{"expression", threshold.text},
                 {"technique", threshold.technique.empty() ? Json(nullptr) : Json(threshold.technique)},
                 {"variant", threshold.one_variant ? Json(threshold.variant) : Json(nullptr)},
                 {"results", Json::array()}};
    for (const ThresholdOutcome& outcome : outcomes) {
      if (outcome.threshold != &threshold) continue;
      json["results"].push_back({{"technique", outcome.group->variant->technique->name},
                                 {"variant", outcome.group->variant->name},
                                 {"value", json::finite(outcome.value.value)},
                                 {"measured", outcome.measured},
                                 {"samples_beyond", optional(outcome.value.samples_beyond)},
                                 {"verdict", answer_text(outcome.answer)}});
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json baseline_json(const Campaign& campaign) {
  if (campaign.baseline == nullptr || !campaign.baseline->result) return nullptr;
  const RunResult& run = *campaign.baseline->result;
  return {{"technique", run.variant->technique->name},
          {"subscribers", run.subscribers},
          {"expected_deliveries", run.expected},
          {"missing", run.missing},
          {"delivery_latency_ns", distribution(run.recorder.delivery_latency, run.expected)},
          {"histogram", measure::encode_histogram(run.recorder.delivery_latency)},
          {"spectrum", spectrum_json(VariantSummary(*run.variant, {&run}))}};
}

Json campaign_json(const Campaign& campaign, std::span<const VariantSummary> groups,
                   std::span<const ThresholdOutcome> thresholds) {
  const Scenario& scenario = *campaign.scenario;
  const HostInfo& host = campaign.host;
  Json json = {
      {"schema_version", 2},
      {"tool",
       {{"name", "pushbench"}, {"version", kVersion}, {"commit", *kCommit == 0 ? Json(nullptr) : Json(kCommit)}}},
      {"host",
       {{"cpu", optional(host.cpu)},
        {"cores", host.cores},
        {"memory_bytes", optional(host.memory_bytes)},
        {"kernel", optional(host.kernel)},
        {"os", optional(host.os)},
        {"clocksource", optional(host.clocksource)},
        {"load_average", optional(host.load_average)}}},
      {"command", campaign.command},
      {"seed", campaign.seed},
      {"started", campaign.started},
      {"ended", campaign.ended},
      {"interrupted", campaign.interrupted},
      {"scenario",
       {{"name", scenario.name},
        {"path", scenario.path},
        {"text", scenario.text},
        {"sha256", sha256_hex(scenario.text)},
        {"overrides", scenario.overrides}}},
      {"attempts", previous_runs_json(campaign.previous_runs)},
      {"warnings", warnings_json(campaign)},
      {"thresholds", thresholds_json(scenario, thresholds)},
      {"groups", groups_json(groups, campaign.runs)},
      {"floor", baseline_json(campaign)},
      {"runs", Json::array()}};
  for (const RunResult& run : campaign.runs) json["runs"].push_back(run_json(run));
  if (campaign.search != nullptr) json["capacity"] = capacity_json(*campaign.search, campaign.capacities);
  return json;
}

}  // namespace

std::string write_result(const CampaignOutcome& outcome, const std::string& path) {
  // A peer's bytes may stand in an example of a failure: what is no UTF-8 is replaced, never a reason to lose the
  // result.
  const std::string text = campaign_json(outcome.campaign, outcome.groups, outcome.thresholds)
                               .dump(1, ' ', false, Json::error_handler_t::replace) +
                           "\n";
  const std::string temporary = path + ".tmp";
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(temporary.c_str(), "wb"),
                                                       [](std::FILE* f) { return std::fclose(f); });
  if (file == nullptr) return "cannot write " + temporary + ": " + std::strerror(errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  const bool closed = std::fclose(file.release()) == 0;
  if (!written || !closed || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::string error = "cannot write " + path + ": " + std::strerror(errno);
    std::remove(temporary.c_str());
    return error;
  }
  return {};
}

}  // namespace loadgen
