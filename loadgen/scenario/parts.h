// The parts of reading a scenario, for scenario.cc only: each reads one section into the scenario and reports what is
// wrong with it.
#pragma once

#include "loadgen/scenario/reader.h"
#include "loadgen/scenario/scenario.h"

namespace loadgen {

// The value of `spec` in scenario syntax. Requires a fallback that suits the kind, as the technique table promises.
OptionValue default_option(const OptionSpec& spec);
OptionValue read_option(const Section& section, const OptionSpec& spec);
// "500ms", "close", "true": as a variant is named, and as a program's option is written.
std::string format_option(const OptionSpec& spec, const OptionValue& value);

void read_techniques(Issues& issues, const yaml::Value& list, std::span<const TechniqueInfo> table,
                     const TlsSettings& tls, std::vector<Variant>& out);
// true, false, or a map of what differs from `out`.
void read_tls(Issues& issues, const yaml::Value& node, const std::string& path, TlsSettings& out);
void read_target(Issues& issues, const yaml::Value& node, Scenario& out);
void read_process(Issues& issues, const yaml::Value& node, Target& target);
void read_memory(Issues& issues, const yaml::Value& node, MemorySettings& out);
// Where and how messages are published, from the section `publish`. Requires that the target has been read.
void read_publish_request(Issues& issues, const Section& section, Scenario& out);
// A path with "{topic}" in it, and header lines: what a foreign server wants.
void read_path(const Section& section, std::string_view key, std::string& out);
void read_headers(Issues& issues, const Section& section, std::string_view key, std::string& out);
void read_server(Issues& issues, const yaml::Value& node, Scenario& scenario);
// Keys of the `server` section that rules depend on.
namespace server_keys {
inline constexpr std::string_view kThreads = "threads";
inline constexpr std::string_view kMaxTopics = "max-topics";
inline constexpr std::string_view kMaxPayload = "max-payload";
inline constexpr std::string_view kHold = "hold";
}  // namespace server_keys
// What the reference server will use for one of its options: as given, or its default. Requires a key of the `server`
// section.
OptionValue server_option(const Scenario& scenario, std::string_view key);
void read_thresholds(Issues& issues, const yaml::Value& list, Scenario& scenario);

// What no single key shows: combinations that cannot be measured. Looks only at keys that were read without an error.
void check_rules(Issues& issues, const yaml::Value& root, const Scenario& scenario);

}  // namespace loadgen
