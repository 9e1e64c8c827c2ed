// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/runner.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/agent/chat/pocket.h"
#include "engine/agent/chat/registry.h"
#include "engine/agent/tasks/task.h"
#include "engine/model/model.h"

namespace pagequest::agent {
namespace {

void require(bool possible, const std::string& name, std::int32_t value,
             const std::string& expected) {
  if (possible) return;
  throw usage_error({.what = "impossible setting",
                     .where = name,
                     .found = std::to_string(value),
                     .expected = expected,
                     .hint = {}});
}

void require_positive(std::int32_t value, const std::string& name) {
  require(value > 0, name, value, "at least 1");
}

void check_limits(const AgentConfig& config) {
  const auto own_or_positive = [](std::int32_t value, const std::string& name) {
    require(value > 0 || value == kTaskLimit, name, value, "at least 1, or -1 for the task's own");
  };
  require_positive(config.concurrency, "concurrency");
  require_positive(config.aux_interval, "aux-interval");
  require_positive(config.turn_limit, "turn-limit");
  require_positive(config.context_limit, "context-limit");
  own_or_positive(config.turn_max_tokens, "turn-max-tokens");
  own_or_positive(config.aux_max_tokens, "aux-max-tokens");
}

void check_episodes(const AgentConfig& config) {
  constexpr auto kLast = std::numeric_limits<std::int32_t>::max();
  const auto first = config.first_episode;
  require(config.episodes > 0 || config.episodes == kAllEpisodes, "episodes", config.episodes,
          "at least 1, or -1 for all");
  require(first >= 0, "first-episode", first, "at least 0");
  require(config.episodes - 1 <= kLast - first, "first-episode", first,
          "an index that leaves room for " + std::to_string(config.episodes) + " episodes up to " +
              std::to_string(kLast));
}

std::int32_t planned_episodes(const AgentConfig& config, const TaskSource& source) {
  const auto size = source.size();
  const bool takes_all = config.episodes == kAllEpisodes;
  if (!size) return takes_all ? 1 : config.episodes;
  const auto left = *size - config.first_episode;
  if (left > 0 && (takes_all || config.episodes <= left)) {
    return takes_all ? left : config.episodes;
  }
  throw usage_error({.what = "the task's file has fewer episodes",
                     .where = "episodes",
                     .found = std::to_string(config.episodes) + " from index " +
                              std::to_string(config.first_episode),
                     .expected = "indices from 0 to " + std::to_string(*size - 1),
                     .hint = "-1 plays all that are left"});
}

void refuse_hindsight(const Task& task, Memory memory) {
  if (memory != Memory::hindsight || task.make_expert != nullptr) return;
  throw usage_error({.what = "hindsight needs a task with an expert",
                     .where = "task `" + std::string(task.name) + "`",
                     .found = {},
                     .expected = "a task whose solutions are known, such as pocket-hops",
                     .hint = {}});
}

std::string chat_name(const AgentConfig& config, const Task& task, const model::Model& model) {
  if (task.format.empty()) {
    return config.chat == "auto" ? std::string(chat::detect_format(model.tokenizer()))
                                 : config.chat;
  }
  if (config.chat == "auto" || config.chat == task.format) return std::string(task.format);
  throw usage_error({.what = "the task has a chat format of its own",
                     .where = "chat",
                     .found = config.chat,
                     .expected = "auto, for task " + config.task,
                     .hint = {}});
}

[[noreturn]] void throw_no_room(std::int32_t episode, std::int64_t tokens, std::int32_t limit) {
  throw usage_error({.what = "a prompt leaves no room in the context",
                     .where = "episode " + std::to_string(episode),
                     .found = std::to_string(tokens) + " tokens",
                     .expected = "fewer than " + std::to_string(limit),
                     .hint = "the least of context-limit and the model's longest context counts"});
}

/// Of a resolved configuration.
std::unique_ptr<chat::Format> format_for(const AgentConfig& config, const model::Model& model) {
  if (!find_task(config.task).format.empty()) return chat::make_pocket(model.tokenizer());
  return chat::make_format(config.chat, model.tokenizer(), config.chat_settings,
                           model.config().eos_tokens);
}

}  // namespace

std::unique_ptr<TaskSource> open_source(const AgentConfig& config,
                                        const model::Tokenizer& tokenizer) {
  return open_task(config.task,
                   {.setting = config.setting, .seed = config.seed, .files = config.files},
                   tokenizer);
}

AgentConfig resolve(AgentConfig config, const TaskSource& source, const model::Model& model) {
  const Task& task = find_task(config.task);
  refuse_hindsight(task, config.memory);
  check_limits(config);
  check_episodes(config);
  config.episodes = planned_episodes(config, source);
  if (config.turn_max_tokens == kTaskLimit) config.turn_max_tokens = task.limits.turn;
  if (config.aux_max_tokens == kTaskLimit) config.aux_max_tokens = task.limits.auxiliary;
  config.context_limit = std::min(config.context_limit, model.config().max_positions);
  config.chat = chat_name(config, task, model);
  return config;
}

Runner::Runner(const model::Model& model, const runtime::EngineConfig& engine,
               const AgentConfig& agent, EventSink& sink)
    : Runner(model, engine, agent, open_source(agent, model.tokenizer()), sink) {}

Runner::Runner(const model::Model& model, const runtime::EngineConfig& engine,
               const AgentConfig& agent, std::shared_ptr<const TaskSource> source, EventSink& sink)
    : source_(std::move(source)),
      config_(resolve(agent, *source_, model)),
      meter_(sink),
      format_(format_for(config_, model)),
      engine_(model, engine, meter_) {
  if (source_->size()) require_prompts_fit();
}

/// What a user wrote may be too long; better said before the run than in the midst of it.
void Runner::require_prompts_fit() const {
  for (std::int32_t i = 0; i < config_.episodes; ++i) {
    const auto index = config_.first_episode + i;
    const auto world = source_->make(static_cast<std::uint64_t>(index));
    const auto tokens = std::ssize(format_->prompt(world->conversation()).tokens);
    if (tokens >= config_.context_limit) throw_no_room(index, tokens, config_.context_limit);
    engine_.check_prompt(EpisodeId{index}, tokens, config_.policy);
  }
}

RunTotals Runner::run(const Progress& progress, const Observer& observe) {
  start_due();
  while (!running_.empty()) {
    const auto sampled = engine_.step();
    PQ_CHECK(!sampled.empty() || engine_.has_queued_input(), "running episodes make progress");
    totals_.sampled_tokens += std::ssize(sampled);
    ++totals_.iterations;
    // Before the episodes that end with these tokens give their pages back.
    totals_.peak_used_pages = std::max(totals_.peak_used_pages, engine_.pool_usage().used_pages);
    for (const auto& token : sampled) deliver(token);
    start_due();
    const auto ended = static_cast<std::int32_t>(totals_.episodes.size());
    const bool goes_on = !observe || observe(engine_);
    if (!goes_on || !progress(ended, config_.episodes)) {
      totals_.interrupted = true;
      break;
    }
  }
  return std::exchange(totals_, {});
}

void Runner::start_due() {
  while (started_ < config_.episodes && std::cmp_less(running_.size(), config_.concurrency)) {
    const EpisodeId id{config_.first_episode + started_++};
    auto world = source_->make(static_cast<std::uint64_t>(id.value));
    const auto [at, inserted] =
        running_.try_emplace(id, id, std::move(world), engine_, *format_, meter_, config_);
    PQ_CHECK(inserted, "an episode runs once");
    episode_of_.emplace(at->second.main_sequence(), id);
  }
}

void Runner::deliver(const runtime::SampledToken& sampled) {
  const auto owner = episode_of_.find(sampled.sequence);
  if (owner == episode_of_.end()) return;  // its episode ended earlier in this iteration
  const EpisodeId id = owner->second;
  Episode& episode = running_.at(id);
  episode.on_token(sampled.sequence, sampled.token);
  track_aux(episode);
  if (episode.ended()) retire(id);
}

void Runner::track_aux(Episode& episode) {
  if (const auto aux = episode.aux_sequence()) {
    episode_of_.try_emplace(*aux, episode_of_.at(episode.main_sequence()));
  }
}

void Runner::retire(EpisodeId id) {
  totals_.episodes.push_back(*running_.at(id).ended());
  std::erase_if(episode_of_, [id](const auto& entry) { return entry.second == id; });
  running_.erase(id);
}

}  // namespace pagequest::agent
