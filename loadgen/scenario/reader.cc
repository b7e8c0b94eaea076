#include "loadgen/scenario/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <unordered_map>
#include <utility>

namespace loadgen {
namespace {

constexpr std::size_t kLongestShown = 60;  // characters of a value in an error

// A value as an error shows it: one line, no control characters (YAML's "\e" makes them), cut when long.
std::string shown(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (text.size() <= kLongestShown) return text;
  std::size_t end = kLongestShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not inside a UTF-8 character
  return text.substr(0, end) + "…";
}

bool within(std::string_view inner, std::string_view outer) {
  return inner.starts_with(outer) &&
         (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
}

}  // namespace

std::string suggestion(std::string_view word, std::span<const std::string_view> words) {
  const std::string_view near = wire::nearest_word(word, words);
  return near.empty() ? fmt::format("one of {}", fmt::join(words, ", ")) : fmt::format("did you mean '{}'?", near);
}

void Issues::push(ScenarioError error) {
  error.key = shown(error.key);
  error.value = shown(error.value);
  if (errors_.size() < kMost)
    errors_.push_back(std::move(error));
  else
    ++unshown_;
}

void Issues::add(const yaml::Value& place, std::string key, std::string message) {
  const bool scalar = place.kind == yaml::Value::Kind::kScalar;
  push({place.origin.empty() ? file_ : place.origin, place.line, place.column, std::move(key),
        scalar ? place.scalar : "", std::move(message)});
}

void Issues::add_key(const yaml::Entry& place, std::string key, std::string message) {
  const bool scalar = place.value.kind == yaml::Value::Kind::kScalar;
  push({place.origin.empty() ? file_ : place.origin, place.line, place.column, std::move(key),
        scalar ? place.value.scalar : "", std::move(message)});
}

void Issues::add_failure(const yaml::Failure& failure) {
  push({file_, failure.line, failure.column, "", "", failure.message});
}

void Issues::add_override(const std::string& origin, const std::string& key, const std::string& message) {
  push({origin, 0, 0, key, "", message});
}

bool Issues::clean(std::initializer_list<std::string_view> keys) const {
  return std::none_of(errors_.begin(), errors_.end(), [&](const ScenarioError& error) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](std::string_view key) { return within(error.key, key) || within(key, error.key); });
  });
}

std::vector<ScenarioError> Issues::take() {
  const auto place = [](const ScenarioError& e) { return std::pair(e.line == 0 ? INT_MAX : e.line, e.column); };
  std::stable_sort(errors_.begin(), errors_.end(),
                   [&](const ScenarioError& a, const ScenarioError& b) { return place(a) < place(b); });
  if (unshown_ > 0) errors_.push_back({file_, 0, 0, "", "", fmt::format("{} more errors not shown", unshown_)});
  return std::move(errors_);
}

Section::Section(Issues& issues, const yaml::Value* node, std::string path, std::span<const std::string_view> keys)
    : issues_(issues), node_(node), path_(std::move(path)) {
  if (node_ == nullptr) return;
  if (node_->kind != yaml::Value::Kind::kMap) {
    issues_.add(*node_, path_, fmt::format("must be a map of keys ({})", fmt::join(keys, ", ")));
    node_ = nullptr;
    return;
  }
  std::unordered_map<std::string_view, const yaml::Entry*> seen;
  for (const yaml::Entry& entry : node_->entries) {
    const auto [first, added] = seen.emplace(entry.key, &entry);
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
      issues_.add_key(entry, this->path(entry.key),
                      issues_.full() ? "" : "unknown key: " + suggestion(entry.key, keys));
    } else if (!added) {
      issues_.add_key(entry, this->path(entry.key),
                      fmt::format("given twice: already on line {}", first->second->line));
    }
  }
}

std::string Section::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Section::error(std::string_view key, std::string message) const {
  const yaml::Value* value = find(key);
  if (value != nullptr)
    issues_.add(*value, path(key), std::move(message));
  else if (node_ != nullptr)
    issues_.add(*node_, path(key), std::move(message));
}

bool Section::require(std::string_view key, std::string_view example) const {
  if (node_ == nullptr || find(key) != nullptr) return node_ != nullptr;
  error(key, fmt::format("missing: write {}: {}", key, example));
  return false;
}

const std::string* Section::scalar(std::string_view key, std::string_view expected) const {
  const yaml::Value* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->kind == yaml::Value::Kind::kScalar && !value->scalar.empty()) return &value->scalar;
  const bool empty = value->kind == yaml::Value::Kind::kNull || value->kind == yaml::Value::Kind::kScalar;
  error(key, fmt::format("{}: must be {}", empty ? "has no value" : "is not a single value", expected));
  return nullptr;
}

template <typename T>
const T* Section::accept(std::string_view key, const wire::Parsed<T>& parsed) const {
  if (parsed) return &*parsed.value;
  error(key, parsed.error);
  return nullptr;
}

void Section::text(std::string_view key, std::string& out, std::size_t longest) const {
  const std::string* value = scalar(key, "a text");
  if (value == nullptr) return;
  if (value->size() > longest) return error(key, fmt::format("longer than {} bytes", longest));
  out = *value;
}

void Section::duration(std::string_view key, Nanos& out, Nanos min, Nanos max) const {
  const std::string* value = scalar(key, "a duration, such as 250ms");
  if (value == nullptr) return;
  const auto parsed = wire::parse_duration(*value);
  const Nanos* nanos = accept(key, parsed);
  if (nanos == nullptr) return;
  if (*nanos < min) return error(key, fmt::format("must be at least {}", wire::format_duration(min)));
  if (*nanos > max) return error(key, fmt::format("must be at most {}", wire::format_duration(max)));
  out = *nanos;
}

void Section::rate(std::string_view key, wire::Rate& out, double max_per_second) const {
  const std::string* value = scalar(key, "a rate, such as 100/s");
  if (value == nullptr) return;
  const auto parsed = wire::parse_rate(*value);
  const wire::Rate* rate = accept(key, parsed);
  if (rate == nullptr) return;
  if (rate->per_second() > max_per_second) return error(key, fmt::format("must be at most {:.0f}/s", max_per_second));
  out = *rate;
}

void Section::size(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) const {
  const std::string* value = scalar(key, "a size, such as 64KiB");
  if (value == nullptr) return;
  const auto parsed = wire::parse_size(*value);
  const std::int64_t* bytes = accept(key, parsed);
  if (bytes == nullptr) return;
  if (*bytes < min) return error(key, fmt::format("must be at least {}", wire::format_size(min)));
  if (*bytes > max) return error(key, fmt::format("must be at most {}", wire::format_size(max)));
  out = *bytes;
}

void Section::count(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) const {
  const std::string* value = scalar(key, "a whole number");
  if (value == nullptr) return;
  const auto parsed = wire::parse_count(*value);
  const std::int64_t* number = accept(key, parsed);
  if (number == nullptr) return;
  if (*number < min) return error(key, fmt::format("must be at least {}", min));
  if (*number > max) return error(key, fmt::format("must be at most {}", max));
  out = *number;
}

void Section::fraction(std::string_view key, double& out) const {
  const std::string* value = scalar(key, "a share, such as 50%");
  if (value == nullptr) return;
  const auto parsed = wire::parse_fraction(*value);
  if (const double* share = accept(key, parsed)) out = *share;
}

void Section::number(std::string_view key, double& out, double min, double max) const {
  const std::string* value = scalar(key, "a number");
  if (value == nullptr) return;
  const auto parsed = wire::parse_number(*value);
  const double* number = accept(key, parsed);
  if (number == nullptr) return;
  if (*number < min || *number > max) return error(key, fmt::format("must be between {:g} and {:g}", min, max));
  out = *number;
}

void Section::word(std::string_view key, std::size_t& out, std::span<const std::string_view> words) const {
  const std::string* value = scalar(key, fmt::format("one of {}", fmt::join(words, ", ")));
  if (value == nullptr) return;
  const auto found = std::find(words.begin(), words.end(), *value);
  if (found == words.end()) return error(key, "unknown value: " + suggestion(*value, words));
  out = static_cast<std::size_t>(found - words.begin());
}

}  // namespace loadgen
