// Typed reading of a scenario's tree that goes on after an error, so that one `pushbench check` shows all of them.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loadgen/scenario/scenario.h"
#include "loadgen/scenario/tree.h"

namespace loadgen {

// Collects errors; past kMost it only counts.
class Issues {
 public:
  static constexpr std::size_t kMost = 50;
  explicit Issues(std::string file) : file_(std::move(file)) {}

  void add(const yaml::Value& place, std::string key, std::string message);
  void add_key(const yaml::Entry& place, std::string key, std::string message);
  void add_failure(const yaml::Failure& failure);
  void add_override(const std::string& origin, const std::string& key, const std::string& message);
  bool empty() const { return errors_.empty(); }
  bool full() const { return errors_.size() >= kMost; }  // what is added now is counted, not shown
  // Nothing was said about these keys, anything below them or above them: a rule may look at their values.
  bool clean(std::initializer_list<std::string_view> keys) const;
  std::vector<ScenarioError> take();  // in the order of the file

 private:
  void push(ScenarioError error);
  std::string file_;
  std::vector<ScenarioError> errors_;
  std::size_t unshown_ = 0;
};

// One map of the document, its known keys, and the checks of what each holds. Absent keys leave `out` as it is.
class Section {
 public:
  // Reports at once when `node` is no map, and its unknown and duplicate keys. A null pointer is an absent section.
  Section(Issues& issues, const yaml::Value* node, std::string path, std::span<const std::string_view> keys);

  const yaml::Value* find(std::string_view key) const { return node_ == nullptr ? nullptr : node_->find(key); }
  std::string path(std::string_view key) const;
  void error(std::string_view key,
             std::string message) const;  // at the value of `key`, or at the section when it is absent
  bool require(std::string_view key, std::string_view example) const;

  void text(std::string_view key, std::string& out, std::size_t longest) const;
  void duration(std::string_view key, Nanos& out, Nanos min, Nanos max) const;
  void rate(std::string_view key, wire::Rate& out, double max_per_second) const;
  void size(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) const;
  void count(std::string_view key, std::int64_t& out, std::int64_t min, std::int64_t max) const;
  void fraction(std::string_view key, double& out) const;
  void number(std::string_view key, double& out, double min, double max) const;
  // Index into `words`.
  void word(std::string_view key, std::size_t& out, std::span<const std::string_view> words) const;

 private:
  const std::string* scalar(std::string_view key, std::string_view expected) const;
  template <typename T>
  const T* accept(std::string_view key, const wire::Parsed<T>& parsed) const;

  Issues& issues_;
  const yaml::Value* node_;
  std::string path_;
};

// "did you mean 'interval'?" or "one of a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string_view> words);

}  // namespace loadgen
