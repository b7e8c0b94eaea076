// `pushbench fetch`: one HTTP exchange by hand, told as JSON lines: its head, what each read brought of the body, and
// whether it came to its end. Redirects are told and not followed.
#pragma once

#include "loadgen/by_hand.h"

namespace loadgen {

// Exit code: 0 when the answer is complete, whatever its status; 1 otherwise.
int fetch(const ByHandOptions& options);

}  // namespace loadgen
