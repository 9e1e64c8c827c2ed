// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/event_sink.h"
#include "engine/agent/agent_config.h"
#include "engine/agent/chat/format.h"
#include "engine/agent/episode.h"
#include "engine/agent/episode_meter.h"
#include "engine/agent/tasks/task.h"
#include "engine/runtime/engine.h"

namespace pagequest::agent {

struct RunTotals {
  std::vector<EpisodeEnded> episodes;  // in the order in which they ended
  std::int64_t iterations = 0;         // batches of the engine
  std::int64_t sampled_tokens = 0;     // of main and auxiliary threads
  std::int32_t peak_used_pages = 0;    // of the pool
  bool interrupted = false;
};

/// The episodes that the configuration names; see open_task().
[[nodiscard]] std::unique_ptr<TaskSource> open_source(const AgentConfig& config,
                                                      const model::Tokenizer& tokenizer);

/// The configuration as a run uses it: the number of episodes, the task's limits where none are
/// given, the name of the chat format, and no more context than the model has. Resolving it again
/// changes nothing. Throws usage_error on unknown names, impossible settings, hindsight on a task
/// without an expert, or when the task's file has fewer episodes.
[[nodiscard]] AgentConfig resolve(AgentConfig config, const TaskSource& source,
                                  const model::Model& model);

/// Plays many episodes of a task on one engine, `concurrency` at a time: whenever one ends, the
/// next begins, and main and auxiliary threads of all of them decode in the same batches.
class Runner {
 public:
  /// Called after each iteration with (episodes ended so far, planned); returning false stops the
  /// run: what has not ended is dropped.
  using Progress = std::function<bool(std::int32_t, std::int32_t)>;

  /// All references must outlive the runner. Throws usage_error on unknown names and impossible
  /// settings and prompts that do not fit into the context or the KV pool, input_error when the
  /// model's tokenizer does not know the task's words.
  Runner(const model::Model& model, const runtime::EngineConfig& engine, const AgentConfig& agent,
         EventSink& sink);
  /// With a source that was opened before, for the same task and tokenizer.
  Runner(const model::Model& model, const runtime::EngineConfig& engine, const AgentConfig& agent,
         std::shared_ptr<const TaskSource> source, EventSink& sink);

  /// Called after each iteration, to look at the engine; returning false stops the run.
  using Observer = std::function<bool(const runtime::Engine&)>;

  [[nodiscard]] RunTotals run(const Progress& progress, const Observer& observe = {});

 private:
  void require_prompts_fit() const;
  void start_due();
  void deliver(const runtime::SampledToken& sampled);
  void track_aux(Episode& episode);
  void retire(EpisodeId id);

  std::shared_ptr<const TaskSource> source_;
  AgentConfig config_;
  EpisodeMeter meter_;
  std::unique_ptr<chat::Format> format_;
  runtime::Engine engine_;
  std::map<EpisodeId, Episode> running_;
  std::map<SequenceId, EpisodeId> episode_of_;
  std::int32_t started_ = 0;
  RunTotals totals_;
};

}  // namespace pagequest::agent
