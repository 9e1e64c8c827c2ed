// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "base/params.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/output.h"
#include "cli/recording.h"
#include "cli/report_builder.h"
#include "cli/studied_trace.h"
#include "cli/summary.h"
#include "engine/agent/tasks/task.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"
#include "notebooks_export/atomic_file.h"
#include "notebooks_export/registry.h"
#include "traces/check.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array kDefaultPolicies = {"full", "sidequest",       "hindsight",
                                         "h2o",  "random-document", "streaming"};

struct Arguments {
  RecordingConfig config;
  std::vector<std::string> policies;  // empty: kDefaultPolicies
  std::string out;
  SimulationOptions simulation;
  bool json = false;
};

bool takes_budget(const std::string& policy) {
  return policy != kHindsight && kv::needs_of({.name = policy}).budget;
}

[[noreturn]] void throw_no_budget() {
  throw usage_error({.what = "no budget for the budget policies",
                     .where = "study",
                     .found = "no --budget, and no `sidequest` before them in --policies",
                     .expected = "one of the two",
                     .hint = "put sidequest first: its mean peak becomes their budget"});
}

bool is_sidequest(const std::string& policy) { return policy == "sidequest"; }

std::int32_t least_budget(const RecordingConfig& config) {
  const kv::PolicyEntry& entry = kv::find_policy(config.policy);
  const Params params(entry.name, kv::params_of(entry), config.agent.policy.params);
  const auto policy =
      entry.make(params, {.page_size = config.engine.page_size, .budget_tokens = 0});
  return std::max(1, policy->minimum_budget_tokens());
}

/// Peaks overshoot a budget by the prefill chunks that are filled before the eviction, so this
/// budget gives a peak near SideQuest's. Where that is less than the policy must keep, this is the
/// budget.
std::int32_t equal_peak_budget(const std::vector<PolicyRun>& runs, const RecordingConfig& config) {
  const auto sidequest = std::ranges::find_if(runs, is_sidequest, &PolicyRun::policy);
  if (sidequest == runs.end()) throw_no_budget();
  const double peak = sidequest->episodes.number(0, "peak_tokens_mean");
  const std::int32_t chunks = 1 + config.policy_lag;
  const auto wanted =
      static_cast<std::int32_t>(std::lround(peak)) - chunks * config.engine.prefill_chunk;
  const std::int32_t least = least_budget(config);
  if (wanted >= least) return wanted;
  note(fmt::format("{}: sidequest's mean peak leaves a budget of {} tokens, so {} are taken",
                   config.policy, wanted, least));
  return least;
}

RecordingConfig config_for(const Arguments& arguments, const std::string& policy) {
  RecordingConfig config = arguments.config;
  config.policy = policy;
  if (!takes_budget(policy)) config.agent.policy.budget_tokens = 0;
  return config;
}

/// Everything that the later recordings could fail on, before the first one takes its time. Returns
/// what they have in common, resolved.
RecordingConfig check_recordings(const Arguments& arguments, const model::Model& model) {
  const auto& policies = arguments.policies;
  RecordingConfig common = arguments.config;
  for (auto policy = policies.begin(); policy != policies.end(); ++policy) {
    RecordingConfig config = config_for(arguments, *policy);
    auto& budget = config.agent.policy.budget_tokens;
    if (takes_budget(*policy) && budget == 0) {
      if (std::none_of(policies.begin(), policy, is_sidequest)) throw_no_budget();
      budget = std::numeric_limits<std::int32_t>::max();  // stands for a peak that is not known yet
    }
    common.agent = check_recording(config, model);
  }
  common.agent.policy = arguments.config.agent.policy;
  return common;
}

/// What goes by the task where the user has said nothing.
void fill_defaults(Arguments& arguments) {
  auto& agent = arguments.config.agent;
  const agent::Task& task = agent::find_task(agent.task);
  if (agent.episodes == agent::kAllEpisodes && task.files.empty()) {
    agent.episodes = kEndlessTaskEpisodes;
  }
  if (!arguments.policies.empty()) return;
  arguments.policies.assign(kDefaultPolicies.begin(), kDefaultPolicies.end());
  if (task.make_expert != nullptr) return;
  std::erase(arguments.policies, kHindsight);
  note("without hindsight, as task " + agent.task + " has no expert");
}

void require_sound(const traces::Reader& trace, const fs::path& path) {
  for (const auto& finding : traces::check_trace(trace)) {
    if (finding.severity != traces::Severity::error) continue;
    throw input_error(
        {.what = "the recorded trace breaks the invariant `" + std::string(finding.rule) + "`",
         .where = path.string(),
         .found = finding.message,
         .expected = "a sound trace",
         .hint = "this is a defect of PageQuest: please report it"});
  }
}

/// Nothing if the run was interrupted.
std::optional<PolicyRun> run_policy(const Arguments& arguments, const std::string& policy,
                                    const std::vector<PolicyRun>& before, const model::Model& model,
                                    InterruptGuard& interrupt) {
  RecordingConfig config = config_for(arguments, policy);
  auto& budget = config.agent.policy.budget_tokens;
  if (takes_budget(policy) && budget == 0) budget = equal_peak_budget(before, config);
  const fs::path path = fs::path(arguments.out) / (policy + ".h5");
  const auto result = record(config, model, path, interrupt);
  if (result.totals.interrupted) return std::nullopt;
  const traces::Reader trace(path);
  require_sound(trace, path);
  return PolicyRun{policy, episodes_summary(trace), result.tokens_per_s()};
}

void write_tables(const std::vector<StudiedTrace>& traces, const fs::path& out) {
  for (const auto& trace : traces) {
    std::vector<ResultTable> tables = trace.analyses;
    tables.insert(tables.end(), trace.simulation.begin(), trace.simulation.end());
    write_csv(tables, out / trace.label);
  }
}

ExitCode run(Arguments arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const fs::path out = arguments.out;
  fill_defaults(arguments);
  check_options(arguments.simulation);
  (void)engine_config(arguments.config);
  const auto model = load_model(arguments.config.model, arguments.config.weights);
  arguments.config = with_noted_device(arguments.config, model);
  const RecordingConfig common = check_recordings(arguments, model);
  notebooks_export::make_folder(out);
  std::vector<PolicyRun> runs;
  std::vector<fs::path> paths;
  {
    InterruptGuard interrupt;
    for (const auto& policy : arguments.policies) {
      auto done = run_policy(arguments, policy, runs, model, interrupt);
      if (!done) return kInterrupted;
      runs.push_back(*std::move(done));
      paths.push_back(out / (policy + ".h5"));
    }
  }
  const auto traces = study_traces(paths, arguments.simulation);
  write_tables(traces, out);
  const auto files =
      write_report(traces, out / "report.html", notebooks_export::find_exporter("html"), true);
  notebooks_export::write_file(out / "summary.json", summary_json(runs, common));

  const ResultTable table = summary_table(runs);
  print_tables({&table, 1}, arguments.json);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  note(fmt::format("done in {:.0f} s", elapsed.count()));
  note("summary:  " + (out / "summary.json").string());
  for (const auto& file : files) note("report:   " + fs::absolute(file).string());
  return kSuccess;
}

std::string default_policies_text() {
  std::string text;
  for (const char* policy : kDefaultPolicies)
    text += (text.empty() ? "" : ",") + std::string(policy);
  return text + " (hindsight where the task has an expert)";
}

}  // namespace

void add_study(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  arguments->config.agent.seed = 7;
  auto* command = app.add_subcommand(
      "study", "Record, check, analyse, simulate and report several policies on the same episodes");
  auto options = recording_options(arguments->config);
  std::erase_if(options, [](const Option& option) {
    return option.name == "policy" || option.name == "policy-param";
  });
  for (Option& option : options) {
    if (option.name != "episodes") continue;
    option.help = "number of episodes; -1: all lines of the task's file, or " +
                  std::to_string(kEndlessTaskEpisodes);
  }
  add_options(*command, options);
  command
      ->add_option("--policies", arguments->policies,
                   "policies to compare; without --budget, sidequest's peak is the budget; by "
                   "default " +
                       default_policies_text())
      ->delimiter(',');
  command->add_option("-o,--out", arguments->out, "folder for traces, tables and report")
      ->required();
  add_options(*command, arguments->simulation, "sim-");
  command->add_flag("--json", arguments->json, "print the summary as JSON");
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace pagequest::cli
