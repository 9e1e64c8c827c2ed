// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "base/error.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/load_model.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/recording.h"
#include "cli/validation/engine_simulation.h"
#include "cli/validation/serving.h"
#include "cli/validation/validation_table.h"
#include "engine/bench/serving_run.h"
#include "engine/kv/policies/registry.h"
#include "engine/model/model.h"
#include "notebooks_export/atomic_file.h"
#include "simulator/workload/projection.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string profile;
  ServingArguments serving;
  RecordingConfig config;
  std::vector<std::string> policies = {"full", "sidequest"};
  std::int32_t kv_pages = 0;
  double pool_share = 0.6;
  std::int32_t repetitions = 3;
  std::string out;
  bool json = false;
};

void check(const Arguments& arguments) {
  if (arguments.profile.empty()) {
    throw usage_error({.what = "nothing to validate against",
                       .where = "pagequest validate",
                       .found = "neither --profile nor --serving",
                       .expected = "a profile of `pagequest calibrate`, or measured rows",
                       .hint = {}});
  }
  for (const std::string& policy : arguments.policies) (void)kv::find_policy(policy);
  const bool possible = arguments.kv_pages >= 0 && arguments.repetitions >= 1 &&
                        arguments.pool_share > 0 && arguments.pool_share <= 1;
  if (possible) return;
  throw usage_error({.what = "impossible validation",
                     .where = "options --kv-pages, --pool-share, --repetitions",
                     .found = fmt::format("{}, {}, {}", arguments.kv_pages, arguments.pool_share,
                                          arguments.repetitions),
                     .expected = "pages from 0, a share above 0 up to 1, at least 1 repetition",
                     .hint = {}});
}

void require_same_model(const ProfileHeader& profile, const model::Model& model) {
  const std::string given = model.name() + "@" + model.weights_hash();
  if (profile.model == given) return;
  throw input_error({.what = "the profile is of another model",
                     .where = "option --profile",
                     .found = profile.model,
                     .expected = given,
                     .hint = "calibrate with the same --model and --weights"});
}

/// The engine as the profile measured it.
void apply(const ProfileHeader& profile, RecordingConfig& config) {
  config.attention = false;
  config.device = profile.device;
  config.kv_storage = profile.kv_storage;
  config.engine.threads = profile.threads;
  config.engine.page_size = profile.page_tokens;
}

/// Everything that the runs of one validation have in common.
class Validation {
 public:
  Validation(const Arguments& arguments, const ProfileHeader& profile, const model::Model& model)
      : arguments_(arguments), profile_(profile), model_(model) {}

  /// Pages of the pool that all runs have: as given, or a share of what is used without a limit.
  [[nodiscard]] std::optional<std::int32_t> pool_pages() {
    if (arguments_.kv_pages > 0) return arguments_.kv_pages;
    const bench::ServingRun ample = serve(config_for("full"));
    if (ample.interrupted) return std::nullopt;
    const double pages = std::ceil(arguments_.pool_share * ample.peak_pages);
    note(fmt::format("without a limit {} pages are used: the pool gets {:.0f}", ample.peak_pages,
                     pages));
    return static_cast<std::int32_t>(pages);
  }

  /// The run of median length; none if interrupted.
  [[nodiscard]] std::optional<bench::ServingRun> measure(const std::string& policy,
                                                         std::int32_t pages) {
    std::vector<bench::ServingRun> runs;
    for (std::int32_t i = 0; i < arguments_.repetitions; ++i) {
      runs.push_back(serve(config_for(policy, pages)));
      if (runs.back().interrupted) return std::nullopt;
    }
    const auto middle = runs.begin() + static_cast<std::ptrdiff_t>(runs.size() / 2);
    std::ranges::nth_element(runs, middle, {}, &bench::ServingRun::run_time_s);
    return *middle;
  }

  /// The same episodes once more, for what they consist of; none if interrupted.
  [[nodiscard]] std::optional<simulator::Workload> workload(const std::string& policy,
                                                            std::int32_t pages) {
    const fs::path path = fs::path(arguments_.out) / (policy + ".h5");
    if (record(config_for(policy, pages), model_, path, interrupt_).totals.interrupted) {
      return std::nullopt;
    }
    return simulator::project(traces::Reader(path), 1);
  }

  [[nodiscard]] simulator::RunMetrics simulate(const simulator::Workload& workload,
                                               std::int32_t pages) const {
    const runtime::EngineConfig& engine = arguments_.config.engine;
    return simulate_like_engine(workload, arguments_.profile,
                                {.concurrency = arguments_.config.agent.concurrency,
                                 .page_tokens = profile_.page_tokens,
                                 .kv_pages = pages,
                                 .max_batch_tokens = engine.max_batch_tokens,
                                 .prefill_chunk = engine.prefill_chunk});
  }

 private:
  [[nodiscard]] RecordingConfig config_for(const std::string& policy,
                                           std::optional<std::int32_t> pages = {}) const {
    RecordingConfig config = arguments_.config;
    config.policy = policy;
    if (pages) config.engine.pool_pages = *pages;
    return config;
  }

  [[nodiscard]] bench::ServingRun serve(const RecordingConfig& config) {
    ProgressLine line("serving under " + config.policy);
    auto run = bench::serve_episodes(model_, engine_config(config), agent_config(config),
                                     profile_.clock, [&](std::int32_t done, std::int32_t planned) {
                                       line.show(done, planned, "episodes");
                                       return !interrupt_.requested();
                                     });
    line.done();
    return run;
  }

  const Arguments& arguments_;
  const ProfileHeader& profile_;
  const model::Model& model_;
  InterruptGuard interrupt_;
};

ExitCode run(Arguments arguments) {
  check(arguments);
  const ProfileHeader profile = read_profile_header(arguments.profile);
  apply(profile, arguments.config);
  const model::Model model = load_model(arguments.config.model, arguments.config.weights);
  require_same_model(profile, model);
  notebooks_export::make_folder(arguments.out);

  Validation validation(arguments, profile, model);
  const auto pages = validation.pool_pages();
  if (!pages) return kInterrupted;
  std::vector<Comparison> comparisons;
  std::vector<ResultTable> tables;
  for (const std::string& policy : arguments.policies) {
    const auto measured = validation.measure(policy, *pages);
    if (!measured) return kInterrupted;
    const auto workload = validation.workload(policy, *pages);
    if (!workload) return kInterrupted;
    comparisons.push_back(
        {policy, figures_of(*measured), figures_of(validation.simulate(*workload, *pages))});
    tables.push_back(iterations_table(policy, *measured));
    note(fmt::format("{}: {:.1f} % of the run time is the agents' own", policy,
                     100.0 * measured->agent_time_s / measured->run_time_s));
  }
  tables.insert(tables.begin(), validation_table(comparisons));
  write_csv(tables, arguments.out);
  print_tables({tables.data(), 1}, arguments.json);
  return kSuccess;
}

}  // namespace

void add_validate(CLI::App& app, ExitCode& code) {
  auto arguments = std::make_shared<Arguments>();
  RecordingConfig& config = arguments->config;
  config.agent.seed = 7;
  config.agent.episodes = 24;
  config.agent.concurrency = 8;
  auto* command = app.add_subcommand(
      "validate",
      "Serve the same episodes in the engine and in the simulator, print the errors; or, with "
      "--serving, compare measured serving runs with the simulator");
  command->add_option("--profile", arguments->profile, "of `pagequest calibrate`, of this machine");
  command->add_option("--serving", arguments->serving.rows,
                      "CSV of measured closed loops (columns: docs/validation.md); no engine runs");
  command->add_option("--fit", arguments->serving.fit,
                      "with --serving: another such CSV, to fit engines and models to");
  command->add_option("--split", arguments->serving.split,
                      "with --serving: even or odd shapes are fitted, the others are predicted");
  command->add_flag("--no-engine-fit", arguments->serving.no_engine_fit,
                    "with --serving: the machine's measured kernels only");
  command
      ->add_option("--policies", arguments->policies, "policies without a budget, comma-separated")
      ->delimiter(',')
      ->capture_default_str();
  auto options = recording_options(config);
  const std::vector<std::string> taken = {
      "model",         "weights",     "task",          "setting",          "episodes",
      "first-episode", "seed",        "concurrency",   "aux-interval",     "turn-limit",
      "context-limit", "temperature", "prefill-chunk", "max-batch-tokens", "prompts",
      "questions",     "corpus",      "chat"};
  std::erase_if(options, [&](const Option& option) {
    return std::ranges::find(taken, option.name) == taken.end();
  });
  options.push_back(
      {"kv-pages", "pages of the KV pool; 0: pool-share decides", &arguments->kv_pages});
  options.push_back({"pool-share",
                     "pages of the pool, over those that policy full uses without a "
                     "limit",
                     &arguments->pool_share});
  options.push_back({"repetitions", "runs of each policy, of which the median one counts",
                     &arguments->repetitions});
  add_options(*command, options);
  command->add_option("-o,--out", arguments->out, "folder for traces and tables")->required();
  command->add_flag("--json", arguments->json, "print the table as JSON");
  command->callback([arguments, &code] {
    code = arguments->serving.given()
               ? validate_measured_serving(arguments->serving, arguments->out, arguments->json)
               : run(*arguments);
  });
}

}  // namespace pagequest::cli
