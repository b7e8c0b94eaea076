#include "loadgen/scenario/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

#include "wire/utf8.h"

namespace loadgen::yaml {
namespace {

struct Refused {
  Failure failure;
};

[[noreturn]] void refuse(const YAML::Mark& mark, std::string message) {
  throw Refused{{std::move(message), mark.line + 1, mark.column + 1}};
}

// Builds the tree from yaml-cpp's events; `open_` are the collections around the event, outermost first.
class Builder : public YAML::EventHandler {
 public:
  Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "", anchor);
    finish(node(mark, Value::Kind::kNull));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases (*name) are not allowed here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    Value scalar = node(mark, Value::Kind::kScalar);
    scalar.scalar = value;
    finish(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    enter(mark, tag, anchor, Value::Kind::kSequence);
  }
  void OnSequenceEnd() override { leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    enter(mark, tag, anchor, Value::Kind::kMap);
  }
  void OnMapEnd() override { leave(); }

 private:
  struct Open {
    Value node;
    std::optional<Value> key;  // of a map, read and waiting for its value
  };

  Value node(const YAML::Mark& mark, Value::Kind kind) {
    if (++nodes_ > kMaxNodes) refuse(mark, fmt::format("more than {} keys and values", kMaxNodes));
    Value result;
    result.kind = kind;
    result.line = mark.line + 1;
    result.column = mark.column + 1;
    return result;
  }

  static void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) refuse(mark, "anchors (&name) are not allowed here");
    const bool implicit = tag.empty() || tag == "?" || tag == "!";  // yaml-cpp: plain and quoted
    if (!implicit) refuse(mark, "tags (!name) are not allowed here");
  }

  void enter(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value::Kind kind) {
    check(mark, tag, anchor);
    if (open_.size() >= kMaxDepth) refuse(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.push_back({node(mark, kind), std::nullopt});
  }

  void leave() {
    Value done = std::move(open_.back().node);
    open_.pop_back();
    finish(std::move(done));
  }

  void finish(Value done) {
    if (open_.empty()) {
      root_ = std::move(done);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Value::Kind::kSequence) {
      parent.node.items.push_back(std::move(done));
    } else if (!parent.key) {
      if (done.kind != Value::Kind::kScalar) throw Refused{{"a key must be a word", done.line, done.column}};
      parent.key = std::move(done);
    } else {
      parent.node.entries.push_back({parent.key->scalar, "", parent.key->line, parent.key->column, std::move(done)});
      parent.key.reset();
    }
  }

  Value root_;
  std::vector<Open> open_;
  int nodes_ = 0;
};

// yaml-cpp ends a document in silence at a 0x04, and the result file must be UTF-8: neither gets past here.
std::optional<Failure> check_text(const std::string& text) {
  int line = 1;
  int column = 1;
  wire::Utf8Validator validator;
  for (const char& c : text) {
    if (!validator.feed(wire::Bytes(&c, 1))) return Failure{"this is not UTF-8 text", line, column};
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7f) {
      return Failure{fmt::format("control character 0x{:02x}", byte), line, column};
    }
    if (c == '\n')
      ++line, column = 1;
    else if ((byte & 0xc0) != 0x80)
      ++column;
  }
  if (!validator.complete()) return Failure{"the file ends inside a UTF-8 character", line, column};
  return std::nullopt;
}

// "techniques[2].NAME" -> "techniques" "2" "NAME".
std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path) {
    if (c == '.' || c == '[')
      parts.emplace_back();
    else if (c != ']')
      parts.back() += c;
  }
  return parts;
}

const Value* step_into(const Value& node, const std::string& part) {
  if (node.kind == Value::Kind::kMap) return node.find(part);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  const bool number = error == std::errc() && end == part.data() + part.size();
  return node.kind == Value::Kind::kSequence && number && index < node.items.size() ? &node.items[index] : nullptr;
}

void set_origin(Value& node, const std::string& origin) {
  node.origin = origin;
  node.line = node.column = 0;
  for (Value& item : node.items) set_origin(item, origin);
  for (Entry& entry : node.entries) {
    entry.origin = origin;
    entry.line = entry.column = 0;
    set_origin(entry.value, origin);
  }
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

std::optional<Failure> parse(const std::string& text, Value& root) {
  if (auto failure = check_text(text)) return failure;
  std::istringstream stream(text);
  Builder builder;
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return Failure{"there is nothing in it", 0, 0};
    root = builder.take();
    Builder second;
    if (parser.HandleNextDocument(second))
      return Failure{"it holds more than one document: remove the '---' lines", 0, 0};
  } catch (const Refused& refused) {
    return refused.failure;
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    return Failure{"YAML: " + first_line(error.msg), placed ? error.mark.line + 1 : 0,
                   placed ? error.mark.column + 1 : 0};
  }
  return std::nullopt;
}

std::optional<Failure> set(Value& root, std::string_view key, const std::string& value, const std::string& origin) {
  Value parsed;
  if (value.find_first_not_of(" \t") != std::string::npos) {
    if (auto failure = parse(value, parsed)) return Failure{failure->message, 0, 0};
  }
  set_origin(parsed, origin);
  Value* node = &root;
  const std::vector<std::string> parts = split_path(key);
  if (parts.size() > kMaxDepth) return Failure{fmt::format("nested deeper than {} levels", kMaxDepth), 0, 0};
  if (std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); })) {
    return Failure{"a key is written publish.rate or techniques[0].polling.interval", 0, 0};
  }
  for (const std::string& part : parts) {
    if (node->kind == Value::Kind::kNull) node->kind = Value::Kind::kMap;
    Value* next = const_cast<Value*>(step_into(*node, part));
    if (next == nullptr && node->kind == Value::Kind::kMap) {
      node->entries.push_back({part, origin, 0, 0, {}});
      next = &node->entries.back().value;
      next->origin = origin;
    }
    if (next == nullptr) return Failure{fmt::format("there is no '{}' to set", part), 0, 0};
    node = next;
  }
  *node = std::move(parsed);
  return std::nullopt;
}

const Value& locate(const Value& root, std::string_view path) {
  const Value* node = &root;
  for (const std::string& part : split_path(path)) {
    const Value* next = step_into(*node, part);
    if (next == nullptr) break;
    node = next;
  }
  return *node;
}

bool has(const Value& root, std::string_view path) {
  const Value* node = &root;
  for (const std::string& part : split_path(path)) {
    node = step_into(*node, part);
    if (node == nullptr) return false;
  }
  return true;
}

}  // namespace loadgen::yaml
