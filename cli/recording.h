// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/interrupt.h"
#include "cli/kernel_times.h"
#include "cli/options.h"
#include "engine/agent/agent_config.h"
#include "engine/agent/runner.h"
#include "engine/runtime/engine.h"

namespace pagequest::model {
class Model;
}

namespace pagequest::cli {

/// The evaluation harness's oracle, which `record --policy` takes beside the registered policies.
inline constexpr const char* kHindsight = "hindsight";

/// Episodes that several policies are compared on where the task never ends and nobody says.
inline constexpr std::int32_t kEndlessTaskEpisodes = 100;

/// Everything that decides what a recording contains.
struct RecordingConfig {
  std::string model = "engine/pocket";
  std::string weights = "stored";  // a model::WeightStorage
  std::string policy = "full";     // a registered policy, or "hindsight"
  bool attention = true;
  agent::AgentConfig agent;
  runtime::EngineConfig engine;  // but for the five below
  std::string device = "auto";
  std::int64_t budget_bytes = 0;  // of the policy, instead of tokens; 0: its tokens decide
  std::int32_t policy_lag = -1;   // steps; -1: as the device wants it
  std::string kv_storage = "auto";
  std::string kv_tables = "auto";
  std::string thresholds;  // "0.01,0.1"; empty: no token sets
  KernelTimesConfig kernel_times;
};

/// The options of `record`, which point into `config`.
[[nodiscard]] std::vector<Option> recording_options(RecordingConfig& config);

/// The agent as the policy wants it, with the seed of its sampling.
[[nodiscard]] agent::AgentConfig agent_config(const RecordingConfig& config);

/// The engine's part, names and lists read. Throws usage_error when one can't be, or when more of
/// the attention is wanted although none is recorded; and what runtime::require() throws about the
/// device.
[[nodiscard]] runtime::EngineConfig engine_config(const RecordingConfig& config);

/// The configuration with the device and the lag that the engine has, and the budget in tokens.
[[nodiscard]] RecordingConfig with_device(RecordingConfig config, const model::Model& model);

/// The same, and a note of them on stderr.
[[nodiscard]] RecordingConfig with_noted_device(RecordingConfig config, const model::Model& model);

/// Throws what record() would throw before it plays, but for prompts that do not fit: unknown
/// names, impossible settings, the task's files, the policy's budget and parameters. Returns the
/// agent as it would play.
agent::AgentConfig check_recording(const RecordingConfig& config, const model::Model& model);

struct RecordingResult {
  agent::RunTotals totals;
  double seconds = 0;  // of the run itself, without loading the model

  /// Sampled tokens of main and auxiliary threads by wall-clock time.
  [[nodiscard]] double tokens_per_s() const {
    return static_cast<double>(totals.sampled_tokens) / seconds;
  }
};

/// Plays the episodes and writes the trace. An interrupt ends the run early; the whole episodes
/// are kept. Progress goes to stderr.
[[nodiscard]] RecordingResult record(const RecordingConfig& asked, const model::Model& model,
                                     const std::filesystem::path& trace, InterruptGuard& interrupt);

}  // namespace pagequest::cli
