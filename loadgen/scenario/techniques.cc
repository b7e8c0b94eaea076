#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "loadgen/scenario/parts.h"

namespace loadgen {
namespace {

constexpr std::size_t kMaxVariants = 200;
constexpr std::size_t kLongestName = 40;
constexpr std::string_view kVariantKey = "variant";
constexpr std::string_view kPathKey = "path";
constexpr std::string_view kHeadersKey = "headers";
constexpr std::string_view kTlsKey = "tls";
constexpr std::string_view kFlagWords[] = {"false", "true"};

bool is_variant_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view(" ._+-").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.front() != ' ' && name.back() != ' ' && std::all_of(name.begin(), name.end(), allowed);
}

struct Entry {
  Variant variant;
  const yaml::Value* node = nullptr;
  std::string path;    // "techniques[2]"
  bool named = false;  // by the file
};

class TechniqueReader {
 public:
  TechniqueReader(Issues& issues, std::span<const TechniqueInfo> table, const TlsSettings& tls)
      : issues_(issues), table_(table), tls_(tls) {
    for (const TechniqueInfo& info : table) names_.push_back(info.name);
  }

  void read(const yaml::Value& node, const std::string& path) {
    if (node.kind == yaml::Value::Kind::kScalar) return add(node, node.scalar, nullptr, path);
    if (node.kind == yaml::Value::Kind::kMap && node.entries.size() == 1) {
      const yaml::Entry& entry = node.entries.front();
      return add(node, entry.key, &entry.value, path);
    }
    const bool map = node.kind == yaml::Value::Kind::kMap && !node.entries.empty();
    issues_.add(
        node, path,
        map ? fmt::format("one technique an entry: write its options as {}: {{ key: value }}", node.entries.front().key)
            : "must be a technique, such as sse or polling: { interval: 1s }");
  }

  // Names the variants that the file does not, and refuses equal ones.
  void finish(std::vector<Variant>& out) {
    name_variants();
    std::map<std::string, int> lines;
    for (Entry& entry : entries_) {
      const auto [first, added] = lines.emplace(entry.variant.label(), entry.variant.line);
      if (!added) {
        issues_.add(*entry.node, entry.path,
                    fmt::format("a second '{}' (the first is on line {}): change its options or give it a name of its "
                                "own, variant: NAME",
                                entry.variant.label(), first->second));
      }
      out.push_back(std::move(entry.variant));
    }
  }

 private:
  void add(const yaml::Value& node, const std::string& name, const yaml::Value* options, const std::string& path) {
    const auto info =
        std::find_if(table_.begin(), table_.end(), [&](const TechniqueInfo& t) { return t.name == name; });
    if (info == table_.end())
      return issues_.add(node, path, fmt::format("unknown technique '{}': {}", name, suggestion(name, names_)));
    Entry entry;
    entry.variant.technique = &*info;
    entry.variant.line = node.line;
    entry.node = &node;
    entry.path = path;
    const bool none = options == nullptr || options->kind == yaml::Value::Kind::kNull;
    std::vector<std::string_view> keys;
    for (const OptionSpec& spec : info->options) keys.push_back(spec.key);
    keys.insert(keys.end(), {kPathKey, kHeadersKey, kTlsKey, kVariantKey});
    const Section section(issues_, none ? nullptr : options, fmt::format("{}.{}", path, name), keys);
    for (const OptionSpec& spec : info->options) entry.variant.options.push_back(read_option(section, spec));
    read_path(section, kPathKey, entry.variant.path);
    read_headers(issues_, section, kHeadersKey, entry.variant.headers);
    entry.variant.tls = tls_;
    if (const yaml::Value* tls = section.find(kTlsKey))
      read_tls(issues_, *tls, section.path(kTlsKey), entry.variant.tls);
    section.text(kVariantKey, entry.variant.name, kLongestName);
    entry.named = section.find(kVariantKey) != nullptr;
    if (!entry.variant.name.empty() && !is_variant_name(entry.variant.name)) {
      section.error(kVariantKey, "a name has letters, digits, spaces and . _ + - only");
    }
    entries_.push_back(std::move(entry));
  }

  void name_variants() {
    std::map<const TechniqueInfo*, std::vector<const Entry*>> groups;
    for (const Entry& entry : entries_) groups[entry.variant.technique].push_back(&entry);
    std::map<const TechniqueInfo*, std::set<std::size_t>> differing;  // indices of the options that differ in a group
    for (const auto& named_group : groups) {
      const TechniqueInfo* info = named_group.first;
      const std::vector<const Entry*>& group = named_group.second;
      for (std::size_t i = 0; i < info->options.size(); ++i) {
        const auto same = [&, &spec = info->options[i]](const Entry* entry) {
          return format_option(spec, entry->variant.options[i]) ==
                 format_option(spec, group.front()->variant.options[i]);
        };
        if (!std::all_of(group.begin(), group.end(), same)) differing[info].insert(i);
      }
    }
    for (Entry& entry : entries_) {
      if (entry.named) continue;
      const auto same_tls = [&](const Entry* other) { return other->variant.tls.label() == entry.variant.tls.label(); };
      if (!std::ranges::all_of(groups[entry.variant.technique], same_tls))
        entry.variant.name = entry.variant.tls.label();
      for (const std::size_t i : differing[entry.variant.technique]) {
        if (!entry.variant.name.empty()) entry.variant.name += ' ';
        entry.variant.name += format_option(entry.variant.technique->options[i], entry.variant.options[i]);
      }
    }
  }

  Issues& issues_;
  std::span<const TechniqueInfo> table_;
  const TlsSettings& tls_;
  std::vector<std::string_view> names_;
  std::vector<Entry> entries_;
};

}  // namespace

OptionValue default_option(const OptionSpec& spec) {
  OptionValue value;
  value.text = std::string(spec.fallback);
  switch (spec.kind) {
    case OptionSpec::Kind::kDuration:
      value.number = wire::parse_duration(spec.fallback).value.value_or(Nanos(0)).count();
      break;
    case OptionSpec::Kind::kSize:
      value.number = wire::parse_size(spec.fallback).value.value_or(0);
      break;
    case OptionSpec::Kind::kCount:
      value.number = wire::parse_count(spec.fallback).value.value_or(0);
      break;
    case OptionSpec::Kind::kFlag:
      value.number = spec.fallback == kFlagWords[1] ? 1 : 0;
      break;
    case OptionSpec::Kind::kChoice:
      value.number = std::find(spec.choices.begin(), spec.choices.end(), spec.fallback) - spec.choices.begin();
      break;
    case OptionSpec::Kind::kText:
      break;
  }
  return value;
}

OptionValue read_option(const Section& section, const OptionSpec& spec) {
  OptionValue value = default_option(spec);
  std::size_t index = static_cast<std::size_t>(value.number);
  Nanos nanos(value.number);
  switch (spec.kind) {
    case OptionSpec::Kind::kDuration:
      section.duration(spec.key, nanos, Nanos(spec.min), Nanos(spec.max));
      value.number = nanos.count();
      break;
    case OptionSpec::Kind::kSize:
      section.size(spec.key, value.number, spec.min, spec.max);
      break;
    case OptionSpec::Kind::kCount:
      section.count(spec.key, value.number, spec.min, spec.max);
      break;
    case OptionSpec::Kind::kFlag:
      section.word(spec.key, index, kFlagWords);
      value.number = static_cast<std::int64_t>(index);
      break;
    case OptionSpec::Kind::kChoice:
      section.word(spec.key, index, spec.choices);
      value.number = static_cast<std::int64_t>(index);
      break;
    case OptionSpec::Kind::kText:
      section.text(spec.key, value.text, 4096);
      if (spec.validate != nullptr) {
        const std::string_view validate = spec.validate(value.text);
        if (!validate.empty()) section.error(spec.key, std::string(validate));
      }
      break;
  }
  if (spec.kind != OptionSpec::Kind::kText) value.text = format_option(spec, value);
  return value;
}

std::string format_option(const OptionSpec& spec, const OptionValue& value) {
  switch (spec.kind) {
    case OptionSpec::Kind::kDuration:
      return wire::format_duration(Nanos(value.number));
    case OptionSpec::Kind::kSize:
      return wire::format_size(value.number);
    case OptionSpec::Kind::kCount:
      return fmt::format("{}", value.number);
    case OptionSpec::Kind::kFlag:
      return std::string(kFlagWords[value.number != 0 ? 1 : 0]);
    case OptionSpec::Kind::kChoice: {
      const auto index = static_cast<std::size_t>(value.number);
      return index < spec.choices.size() ? std::string(spec.choices[index]) : std::string(spec.fallback);
    }
    case OptionSpec::Kind::kText:
      break;
  }
  return value.text;
}

std::string Variant::label() const {
  return name.empty() ? std::string(technique->name) : fmt::format("{} {}", technique->name, name);
}

void read_techniques(Issues& issues, const yaml::Value& list, std::span<const TechniqueInfo> table,
                     const TlsSettings& tls, std::vector<Variant>& out) {
  if (list.kind != yaml::Value::Kind::kSequence || list.items.empty()) {
    return issues.add(list, "techniques", "must be a list of at least one technique, such as [sse, websocket]");
  }
  if (list.items.size() > kMaxVariants)
    return issues.add(list, "techniques", fmt::format("more than {} entries", kMaxVariants));
  TechniqueReader reader(issues, table, tls);
  for (std::size_t i = 0; i < list.items.size(); ++i) reader.read(list.items[i], fmt::format("techniques[{}]", i));
  if (issues.clean({"techniques"})) reader.finish(out);
}

}  // namespace loadgen
