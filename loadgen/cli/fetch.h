// `pushbench fetch`: one HTTP exchange by hand, told as JSON lines: its head, what each read brought of the body, and
// whether it came to its end. Redirects are told and not followed.
#pragma once

#include "loadgen/cli/manual_client.h"

namespace loadgen {

// Exit code: 0 when the answer is complete, whatever its status; 1 otherwise.
int fetch(const ManualClientOptions& options);

}  // namespace loadgen
