// What a scenario's texts take from the programs that run: "http://127.0.0.1:${nginx.port}". Only "${" begins a
// placeholder, so that nginx' own $variables stay as they are; "$${" stands for "${".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "wire/units.h"

namespace loadgen {

using Placeholders = std::map<std::string, std::string, std::less<>>;  // "nginx.port" -> "40123"

// The text with every placeholder replaced, or a sentence that names the one that is unknown or not closed, and those
// that there are.
wire::Parsed<std::string> expand(std::string_view text, const Placeholders& values);

bool names_placeholder(std::string_view text, std::string_view name);  // "reference.port"

}  // namespace loadgen
