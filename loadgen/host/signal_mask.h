// SIGINT and SIGTERM held back or let through, on the calling thread and those that it starts, until the end of a
// scope. A run listens for them; between two runs nobody does, and what was measured must not be lost to one that comes
// then: it waits for the next run, which it ends at once.
#pragma once

#include <signal.h>

namespace loadgen {

class SignalMask {
 public:
  explicit SignalMask(int how) {  // SIG_BLOCK or SIG_UNBLOCK
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(how, &signals, &before_);
  }
  ~SignalMask() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;

 private:
  sigset_t before_;
};

}  // namespace loadgen
