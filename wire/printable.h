// Text of a peer's making (a reason phrase, why it closed, a name in a certificate) in a form that a terminal and a log
// can be given: it forges no line and moves no cursor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wire {

// `text` with escapes where it has control characters (C0, DEL and C1: "\x1b", "\r", "\u009b"), what ends a line or
// turns the direction of one elsewhere in Unicode ("\u2028", "\u202e"), and bytes that are no UTF-8 ("\xff"). More than
// `limit` bytes of it are cut off between two characters, and "…" says so.
std::string printable(std::string_view text, std::size_t limit);

}  // namespace wire
