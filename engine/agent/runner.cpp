// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/runner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "engine/agent/tasks/task.h"
#include "engine/model/model.h"

namespace pagequest::agent {
namespace {

void require_positive(std::int32_t value, const std::string& name) {
  if (value > 0) return;
  throw usage_error({.what = "impossible setting",
                     .where = name,
                     .found = std::to_string(value),
                     .expected = "at least 1",
                     .hint = {}});
}

AgentConfig checked(AgentConfig config, const model::Model& model) {
  require_positive(config.episodes, "episodes");
  require_positive(config.concurrency, "concurrency");
  require_positive(config.aux_interval, "aux-interval");
  require_positive(config.turn_limit, "turn-limit");
  require_positive(config.turn_max_tokens, "turn-max-tokens");
  config.context_limit = std::min(config.context_limit, model.config().max_positions);
  return config;
}

}  // namespace

Runner::Runner(const model::Model& model, const runtime::EngineConfig& engine,
               const AgentConfig& agent, EventSink& sink)
    : config_(checked(agent, model)),
      meter_(sink),
      chat_(ChatMarkers{}, model.tokenizer()),
      engine_(model, engine, meter_) {}

RunTotals Runner::run(const Progress& progress, const Observer& observe) {
  start_due();
  while (!running_.empty()) {
    const auto sampled = engine_.step();
    PQ_CHECK(!sampled.empty() || engine_.has_queued_input(), "running episodes make progress");
    const auto ended_before = totals_.episodes.size();
    totals_.sampled_tokens += std::ssize(sampled);
    ++totals_.iterations;
    for (const auto& token : sampled) deliver(token);
    totals_.peak_used_pages = std::max(totals_.peak_used_pages, engine_.pool_usage().used_pages);
    start_due();
    const auto ended = static_cast<std::int32_t>(totals_.episodes.size());
    const bool reports = totals_.episodes.size() != ended_before || totals_.iterations % 64 == 0;
    const bool goes_on = !observe || observe(engine_);
    if (!goes_on || (reports && !progress(ended, config_.episodes))) {
      totals_.interrupted = true;
      break;
    }
  }
  return std::exchange(totals_, {});
}

void Runner::start_due() {
  while (started_ < config_.episodes && std::cmp_less(running_.size(), config_.concurrency)) {
    const EpisodeId id{config_.first_episode + started_++};
    auto world = make_world(config_.task, config_.setting, config_.seed,
                            static_cast<std::uint64_t>(id.value));
    const auto [at, inserted] =
        running_.try_emplace(id, id, std::move(world), engine_, chat_, meter_, config_);
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
