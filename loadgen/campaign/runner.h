// The runs of one campaign, whatever it is made of: repetitions of a scenario, the steps of a search, the tool's own
// baseline. What they have in common is here: this machine, the seeds, what is saved when, and what becomes of a signal
// or an error. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadgen/campaign/outcome.h"
#include "loadgen/host/progress.h"

namespace loadgen {

struct CampaignOptions {
  std::string directory;       // interval logs go there; exists
  std::string server_program;  // the reference server
  std::string command;         // as typed, for the result
  std::uint64_t seed = 0;
  std::uint64_t descriptor_limit = 0;  // of one descriptor table
  bool baseline = false;               // measure the tool's own first (loadgen/campaign/baseline.h)
  SaveOutcome save;                    // after every run
};

class Runner {
 public:
  // `scenario` and `options` must outlive the outcome.
  Runner(const Scenario& scenario, const CampaignOptions& options, Progress& progress);

  struct Request {
    std::string title;  // "[2/7] long-polling", for the progress
    const Scenario& scenario;
    const Variant& variant;  // of that scenario; both must outlive the result
    // The place of the run among all of them, from 1; 0: the baseline. What is drawn at random depends on it.
    std::uint64_t number = 0;
    std::int64_t repetition = 1;  // runs of one repetition publish by one schedule
    std::string interval_log{};   // a path; empty: none is written
  };
  // Starts what the run needs around it, the programs of the target or the reference server, and runs. Nothing, and
  // error(), when it could not be made. A signal ends the campaign with what the run has measured so far.
  std::optional<RunResult> run(const Request& request);
  const std::string& error() const { return error_; }  // of the last run; empty: it was made

  // The campaign ends here, for the reason in error(). `what`: "run 2 of 7 (long-polling)".
  void fail(const std::string& what);
  bool ended() const { return campaign().interrupted; }  // by that or by a signal: no run may follow

  void warn(const Warning& warning);  // about the whole scenario
  // Judges what has been measured, and keeps it by options.save: not even a kill loses what was saved.
  void save();

  Campaign& campaign() { return outcome_.campaign; }
  const Campaign& campaign() const { return outcome_.campaign; }
  CampaignOutcome take() { return std::move(outcome_); }

 private:
  const CampaignOptions& options_;
  Progress& progress_;
  std::vector<Warning> warnings_;  // that do not come from comparing runs
  std::string error_;
  CampaignOutcome outcome_;
};

// 0 good; 1 a threshold is broken, or a search found that not even the least load was carried; 3 something was not
// measured or not written; 128 + a signal.
int exit_code(const CampaignOutcome& outcome);

}  // namespace loadgen
