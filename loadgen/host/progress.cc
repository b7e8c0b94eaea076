#include "loadgen/host/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "loadgen/host/terminal.h"
#include "wire/units.h"

namespace loadgen {

namespace {

constexpr wire::Nanos kOnTerminal = std::chrono::milliseconds(250);
constexpr wire::Nanos kElsewhere = std::chrono::seconds(5);

}  // namespace

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

wire::Nanos Progress::interval() const {
  return terminal_ ? kOnTerminal : kElsewhere;
}

void Progress::begin_run(std::string title, wire::Time now) {
  title_ = std::move(title);
  last_shown_ = now;
  last_delivered_ = 0;
}

void Progress::show(const ProgressState& state, wire::Time now) {
  const wire::Nanos since = now - last_shown_;
  if (quiet_ || since < interval() * 9 / 10) return;
  const double rate =
      static_cast<double>(state.delivered - last_delivered_) / std::chrono::duration<double>(since).count();
  last_shown_ = now;
  last_delivered_ = state.delivered;
  std::string line = fmt::format("{}  {:<7}  {}/{} connected  {} published  {} delivered  {}/s", title_, state.phase,
                                 wire::format_count(state.subscribed), wire::format_count(state.subscribers),
                                 wire::format_count(state.published), wire::format_count(state.delivered),
                                 wire::format_count(static_cast<std::uint64_t>(rate)));
  if (state.failures > 0) line += fmt::format("  {} failures", wire::format_count(state.failures));
  line += fmt::format("  {:.0f} s left", std::chrono::duration<double>(state.left).count());
  print(stderr, terminal_ ? "\r" + line + "\x1b[K" : line + "\n");
  line_open_ = terminal_;
}

void Progress::clear_line() {
  if (!line_open_) return;
  print(stderr, "\r\x1b[K");
  line_open_ = false;
}

void Progress::note(std::string_view line) {
  if (quiet_) return;
  clear_line();
  print(stderr, std::string(line) + "\n");
}

void Progress::end_run() {
  clear_line();
}

}  // namespace loadgen
