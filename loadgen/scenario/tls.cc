// tls: of the scenario, and of one technique in it.
#include <fmt/format.h>

#include <algorithm>

#include "loadgen/scenario/parts.h"

namespace loadgen {
namespace {

constexpr std::string_view kKeys[] = {"enabled", "verify", "ca", "server-name", "resume", "min-version", "max-version"};
constexpr std::string_view kFlags[] = {"false", "true"};
constexpr std::string_view kVerify[] = {"none", "ca"};
constexpr std::string_view kVersions[] = {"1.2", "1.3"};

void read_flag(const Section& section, std::string_view key, std::span<const std::string_view> words, bool& out) {
  std::size_t index = out ? 1 : 0;
  section.word(key, index, words);
  out = index == 1;
}

void read_version(const Section& section, std::string_view key, net::TlsVersion& out) {
  auto index = static_cast<std::size_t>(out);
  section.word(key, index, kVersions);
  out = static_cast<net::TlsVersion>(index);
}

bool is_server_name(const std::string& name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view(".-_:").find(c) != std::string_view::npos;
  });
}

}  // namespace

void read_tls(Issues& issues, const yaml::Value& node, const std::string& path, TlsSettings& out) {
  if (node.kind == yaml::Value::Kind::kScalar) {
    const auto word = std::find(std::begin(kFlags), std::end(kFlags), node.scalar);
    if (word == std::end(kFlags))
      return issues.add(node, path, "must be true, false, or a map such as { verify: none }");
    out.enabled = word != std::begin(kFlags);
    return;
  }
  const Section section(issues, &node, path, kKeys);
  if (node.kind != yaml::Value::Kind::kMap) return;
  out.enabled = true;  // whoever writes how, wants it
  read_flag(section, "enabled", kFlags, out.enabled);
  read_flag(section, "verify", kVerify, out.verify);
  section.text("ca", out.ca, 4096);
  section.text("server-name", out.server_name, 253);
  if (!is_server_name(out.server_name)) section.error("server-name", "must be a host name or an address");
  read_flag(section, "resume", kFlags, out.resume);
  read_version(section, "min-version", out.min_version);
  read_version(section, "max-version", out.max_version);
  if (out.min_version > out.max_version) {
    section.error(section.find("min-version") != nullptr ? "min-version" : "max-version",
                  "min-version is above max-version: no version is left");
  }
}

std::string TlsSettings::label() const {
  if (!enabled) return "plain";
  std::string text = "tls";
  if (max_version == net::TlsVersion::k12) text += " 1.2";
  if (min_version == net::TlsVersion::k13) text += " 1.3";
  if (!resume) text += " without resumption";
  return verify ? text : text + " unverified";
}

}  // namespace loadgen
