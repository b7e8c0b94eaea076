// How an error of a socket is counted.
#pragma once

#include "loadgen/clients/technique.h"

namespace loadgen {

Failure socket_failure(int error);  // of net::Tcp::Handler::on_close

}  // namespace loadgen
