// Where the parts of a build lie that pushbench starts.
#pragma once

#include <string>

namespace loadgen {

extern const char* const kPython;  // the interpreter with matplotlib, found at configure time
std::string own_program();         // pushbench
std::string server_program();      // reference-server, beside this program
std::string reports_directory();   // the folder that holds the Python package pushbench_report

}  // namespace loadgen
