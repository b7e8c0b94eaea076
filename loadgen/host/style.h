// Bold and colours of a terminal.
#pragma once

#include <string>

namespace loadgen {

class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  std::string bold(const std::string& text) const { return wrap("1", text); }
  std::string red(const std::string& text) const { return wrap("31", text); }
  std::string yellow(const std::string& text) const { return wrap("33", text); }
  std::string green(const std::string& text) const { return wrap("32", text); }

 private:
  std::string wrap(const char* code, const std::string& text) const {
    return colour_ ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  }
  bool colour_;
};

}  // namespace loadgen
