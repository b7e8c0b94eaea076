#include "loadgen/run/run.h"

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "loadgen/host/signal_mask.h"
#include "loadgen/run/collect.h"
#include "loadgen/run/publisher.h"
#include "loadgen/run/speakers.h"
#include "net/clock.h"

namespace loadgen {

Run::Run(const RunSpec& spec, const Programs& programs, std::uint32_t workers, Progress& progress, RunResult& result)
    : spec_(spec),
      programs_(programs),
      progress_(progress),
      result_(result),
      cost_(programs, spec.scenario.target.count_syscalls) {
  for (std::uint32_t i = 0; i < workers; ++i) {
    Worker::Events events{[this] { loop_.post([this] { worker_ready(); }); },
                          [this] { loop_.post([this] { worker_drained(); }); }, [this] { speaking_->share_done(); }};
    workers_.push_back(std::make_unique<Worker>(spec, publish_start_, i, workers, std::move(events)));
  }
  Publishing::Events events{[this] { loop_.post([this] { publishing_ready(); }); },
                            [this] { loop_.post([this] { publishing_done(); }); }};
  if (spec.scenario.publish.from == PublishFrom::kPublisher) {
    publishing_ = std::make_unique<Publisher>(spec, std::move(events));
  } else {
    auto speaking = std::make_unique<SpeakingSubscribers>(spec, workers_, std::move(events));
    speaking_ = speaking.get();
    publishing_ = std::move(speaking);
  }
}

Run::~Run() {
  for (auto& worker : workers_) worker->finish();  // they post to loop_
  publishing_->finish();
}

void Run::go() {
  watch_signals();
  watch_programs();
  cost_.before();
  machine_before_ = read_machine();
  begun_ = phase_begun_ = net::now();
  phase_timer_.start(loop_.timers(), begun_ + spec_.scenario.phases.ramp, *this);
  tick_timer_.start(loop_.timers(), begun_ + progress_.interval(), *this);
  monitor_ = std::make_unique<RunMonitor>(loop_, spec_, workers_, *publishing_, std::max(programs_.server(), 0));
  monitor_->begin(begun_);
  publishing_->start();
  for (auto& worker : workers_) worker->start(admitted());
  {
    const SignalMask heard(SIG_UNBLOCK);
    loop_.run();
  }
  uv_run(loop_.uv(), UV_RUN_NOWAIT);  // hears a signal that came with the end; a later one waits for the next run
  collect();
  phase_timer_.stop();
  tick_timer_.stop();
  loop_.close();
}

void Run::worker_ready() {
  if (++ready_ == workers_.size()) all_ready();
}

void Run::publishing_ready() {
  publishing_ready_ = true;
  if (ready_ == workers_.size()) all_ready();
}

void Run::all_ready() {
  if (phase_ != Phase::kRamp || !publishing_ready_) return;
  if (memory_points_ == spec_.scenario.phases.memory.counts.size()) {
    end_ramp();
    return;
  }
  enter(Phase::kMemory, net::now());
  phase_timer_.start(loop_.timers(), phase_begun_ + spec_.scenario.phases.memory.settle, *this);
}

void Run::take_memory_point() {
  cost_.add_memory_point(sum(&LiveCounters::subscribed));
  ++memory_points_;
  ready_ = 0;
  enter(Phase::kRamp, net::now());
  phase_timer_.start(loop_.timers(), phase_begun_ + spec_.scenario.phases.ramp, *this);
  for (auto& worker : workers_) worker->admit(admitted());
}

std::uint64_t Run::admitted() const {
  return static_cast<std::uint64_t>(spec_.scenario.admitted_after(memory_points_));
}

void Run::end_ramp() {
  if (phase_ != Phase::kRamp) return;
  if (sum(&LiveCounters::ever_subscribed) == 0 && ready_ == 0) {  // nobody to deliver to: there is nothing to measure
    end();
    return;
  }
  cost_.ramped();
  result_.machine_in_ramp = read_machine().since(machine_before_);
  if (spec_.scenario.phases.idle == Nanos(0)) {
    begin_warm_up();
    return;
  }
  enter(Phase::kIdle, net::now());
  for (auto& worker : workers_) worker->begin_idle();
  cost_.begin_idle();
  phase_timer_.start(loop_.timers(), phase_begun_ + spec_.scenario.phases.idle, *this);
}

void Run::end_idle() {
  for (auto& worker : workers_) worker->end_idle();
  cost_.end_idle();
  begin_warm_up();
}

void Run::begin_warm_up() {
  publish_begun_ = net::now();
  enter(Phase::kWarmUp, publish_begun_);
  publish_start_.store(publish_begun_.time_since_epoch().count(), std::memory_order_release);
  publishing_->publish_from(publish_begun_);
  const std::uint64_t most = (sum(&LiveCounters::started) + workers_.size() - 1) / workers_.size();
  const Nanos warm_up = spec_.scenario.phases.warm_up;
  phase_timer_.start(loop_.timers(), publish_begun_ + std::max(warm_up - Worker::time_to_prepare(most), Nanos(0)),
                     *this);
}

void Run::prepare_measure() {
  prepared_ = true;
  for (auto& worker : workers_) worker->prepare_measure();
  phase_timer_.start(loop_.timers(), publish_begun_ + spec_.scenario.phases.warm_up, *this);
}

void Run::begin_measure() {
  enter(Phase::kMeasure, net::now());
  machine_before_ = read_machine();
  // The workers' counters may be an iteration old; that all of them are ready is known at once.
  result_.connected_in_time = ready_ == workers_.size() ? static_cast<std::uint64_t>(spec_.scenario.subscribers)
                                                        : sum(&LiveCounters::ever_subscribed);
  monitor_->begin_measure(phase_begun_);
  probe_.start();
  for (auto& worker : workers_) worker->begin_measure(phase_begun_);
  cost_.begin_measure();
  const Phases& phases = spec_.scenario.phases;
  phase_timer_.start(loop_.timers(), publish_begun_ + phases.warm_up + phases.measure, *this);
}

void Run::end_measure() {
  const wire::Time now = net::now();
  if (phase_ == Phase::kMeasure) {
    for (auto& worker : workers_) worker->end_measure();
    cost_.end_measure();
    monitor_->end_measure(now);
    result_.machine = read_machine().since(machine_before_);
    probe_.stop();
    cost_.measured();
  }
  enter(Phase::kFinishing, now);
  phase_timer_.start(loop_.timers(), now + spec_.scenario.phases.drain, *this);
  if (publishing_done_) publishing_done();
}

void Run::publishing_done() {
  publishing_done_ = true;
  if (phase_ != Phase::kFinishing) return;  // answered before the phase was over
  enter(Phase::kDrain, net::now());
  for (auto& worker : workers_) worker->begin_drain(publishing_->next(), publishing_->unpublished());
}

void Run::worker_drained() {
  if (++drained_ == workers_.size()) end();
}

void Run::end() {
  enter(Phase::kOver, net::now());
  loop_.stop();
}

void Run::on_signal(int signal) {
  const bool again = signal_ != 0;
  signal_ = signal;
  if (again || phase_ == Phase::kRamp || phase_ == Phase::kMemory || phase_ == Phase::kIdle || phase_ == Phase::kOver) {
    end();
    return;
  }
  progress_.note("interrupted: finishing with what was measured (once more to stop at once)");
  if (phase_ == Phase::kWarmUp || phase_ == Phase::kMeasure) {
    publishing_->stop();
    end_measure();
  }
}

// Also when a proxy ends and the server behind it lives: nothing that is measured from now on is what was asked for.
void Run::program_ended(std::size_t index) {
  uv_poll_stop(&watches_[index].poll);
  if (phase_ == Phase::kOver) return;
  result_.server_ended = programs_.ended(index);
  progress_.note(result_.server_ended);
  if (phase_ == Phase::kMeasure) {
    for (auto& worker : workers_) worker->end_measure();
  }
  end();
}

void Run::on_timer(net::Timer& timer) {
  const wire::Time now = net::now();
  if (&timer == &tick_timer_) {
    tick(now);
    return;
  }
  switch (phase_) {
    case Phase::kRamp:
      return end_ramp();
    case Phase::kMemory:
      return take_memory_point();
    case Phase::kIdle:
      return end_idle();
    case Phase::kWarmUp:
      return prepared_ ? begin_measure() : prepare_measure();
    case Phase::kMeasure:
      return end_measure();
    case Phase::kFinishing:
    case Phase::kDrain:
      return end();  // the limit: what has not come counts as missing
    case Phase::kOver:
      return;
  }
}

void Run::tick(wire::Time now) {
  tick_timer_.start(loop_.timers(), now + std::min<Nanos>(progress_.interval(), std::chrono::seconds(1)), *this);
  const auto subscribers = static_cast<std::uint64_t>(spec_.scenario.subscribers);
  progress_.show({phase_name(phase_), sum(&LiveCounters::subscribed), subscribers, publishing_->published(),
                  sum(&LiveCounters::delivered), sum(&LiveCounters::failures), time_left(now)},
                 now);
  if (phase_ == Phase::kRamp && is_fatal()) end_ramp();
}

// Everyone has tried and failed three times and nobody was ever subscribed: waiting for the ramp's limit would tell
// nothing new.
bool Run::is_fatal() const {
  const auto subscribers = static_cast<std::uint64_t>(spec_.scenario.subscribers);
  return sum(&LiveCounters::ever_subscribed) == 0 && sum(&LiveCounters::failures) >= 3 * subscribers;
}

std::uint64_t Run::sum(std::atomic<std::uint64_t> LiveCounters::*counter) const {
  std::uint64_t total = 0;
  for (const auto& worker : workers_) total += (worker->live().*counter).load(std::memory_order_relaxed);
  return total;
}

void Run::watch_signals() {
  for (const auto& [handle, signal] : {std::pair{&interrupt_, SIGINT}, std::pair{&terminate_, SIGTERM}}) {
    uv_signal_init(loop_.uv(), handle);
    handle->data = this;
    uv_signal_start(
        handle, [](uv_signal_t* watcher, int number) { static_cast<Run*>(watcher->data)->on_signal(number); }, signal);
  }
}

void Run::watch_programs() {
  for (std::size_t i = 0; i < programs_.running().size(); ++i) {
    ProgramWatch& watch = watches_.emplace_back(ProgramWatch{*this, i});
    uv_poll_init(loop_.uv(), &watch.poll, programs_.running()[i].process->exit_descriptor());
    watch.poll.data = &watch;
    uv_poll_start(&watch.poll, UV_READABLE, [](uv_poll_t* poll, int, int) {
      const ProgramWatch& ended = *static_cast<ProgramWatch*>(poll->data);
      ended.run.program_ended(ended.index);
    });
  }
}

void Run::collect() {
  publishing_->finish();
  for (auto& worker : workers_) worker->finish();
  probe_.stop();
  result_.jitter = probe_.jitter();
  result_.series = monitor_->finish(net::now());
  result_.interval_log_error = monitor_->close_log();
  if (result_.interval_log_error.empty()) result_.interval_log = spec_.interval_log;
  const PublishSettings& publish = spec_.scenario.publish;
  result_.steady_load = publish.arrivals != Arrivals::kRamp;
  if (publish.arrivals == Arrivals::kConstant)
    result_.topic_period = Nanos(std::llround(1e9 * static_cast<double>(spec_.topics) / publish.rate.per_second()));
  loadgen::collect(spec_, *publishing_, workers_, result_);
  result_.interrupted = signal_ != 0;
  TargetCost cost = cost_.finish(result_.connected);
  result_.server = std::move(cost.server);
  result_.server_unknown = std::move(cost.server_unknown);
  result_.memory = std::move(cost.memory);
}

std::string_view Run::phase_name(Phase phase) {
  switch (phase) {
    case Phase::kRamp:
      return "ramp";
    case Phase::kMemory:
      return "memory";
    case Phase::kIdle:
      return "idle";
    case Phase::kWarmUp:
      return "warm-up";
    case Phase::kMeasure:
      return "measure";
    case Phase::kFinishing:
    case Phase::kDrain:
      return "drain";
    case Phase::kOver:
      break;
  }
  return "";
}

void Run::enter(Phase phase, wire::Time now) {
  const Nanos length = now - phase_begun_;
  switch (phase_) {
    case Phase::kRamp:
      result_.phases.ramp += length;
      break;
    case Phase::kMemory:
      result_.phases.memory += length;
      break;
    case Phase::kIdle:
      result_.phases.idle = length;
      break;
    case Phase::kWarmUp:
      result_.phases.warm_up = length;
      break;
    case Phase::kMeasure:
      result_.phases.measure = length;
      break;
    case Phase::kFinishing:
    case Phase::kDrain:
      result_.phases.drain += length;
      break;
    case Phase::kOver:
      break;
  }
  phase_ = phase;
  phase_begun_ = now;
}

wire::Nanos Run::time_left(wire::Time now) const {
  const Phases& phases = spec_.scenario.phases;
  const Nanos publishing = phases.warm_up + phases.measure;
  Nanos left = publishing + phases.drain;  // at most
  const bool connecting = phase_ == Phase::kRamp || phase_ == Phase::kMemory;
  if (connecting) {
    const auto points = static_cast<std::int64_t>(phases.memory.counts.size() - memory_points_);
    left += phases.idle + phases.memory.settle * points;
  }
  if (phase_ == Phase::kIdle) left += phases.idle - std::min<Nanos>(now - phase_begun_, phases.idle);
  if (!connecting && phase_ != Phase::kIdle) left -= std::min<Nanos>(now - publish_begun_, publishing);
  if (phase_ == Phase::kFinishing || phase_ == Phase::kDrain) left = phases.drain - (now - phase_begun_);
  return std::max(left, Nanos(0));
}

}  // namespace loadgen
