// What a person reads on standard output and standard error. Writing never throws and never ends a measurement: a disk
// that is full, or a reader that is gone, is told once, at the end of the program. One thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace loadgen {

// Whether `stream` is a terminal whose user has not asked for none (https://no-color.org).
bool wants_colour(std::FILE* stream);

void print(std::FILE* stream, std::string_view text);  // as it is, at once

// "pushbench: SENTENCE", to standard error.
void complain(std::string_view sentence);

// Why something that was printed to standard output did not get there; empty: all of it did.
std::string output_error();

}  // namespace loadgen
