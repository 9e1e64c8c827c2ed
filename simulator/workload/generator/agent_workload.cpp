// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/agent_workload.h"

#include "base/error.h"
#include "simulator/workload/generator/agent_generator.h"

namespace pagequest::simulator {
namespace {

std::string label_of(const AgentWorkloadSpec& spec, const PolicySettings& settings) {
  std::string label = "generated " + spec.preset + " episodes, seed " + std::to_string(spec.seed);
  for (const auto& [name, value] : spec.params) label += ", " + name + "=" + value;
  label += ", under policy " + settings.policy.name;
  if (settings.policy.budget_tokens > 0) {
    label += " with a budget of " + std::to_string(settings.policy.budget_tokens) +
             " tokens and modelled attention";
  }
  return label;
}

}  // namespace

Workload agent_workload(const AgentWorkloadSpec& spec, const PolicySettings& settings) {
  if (spec.first_episode < 0 || spec.episodes < 0) {
    throw usage_error(
        {.what = "bad range of generated episodes",
         .where = {},
         .found = std::to_string(spec.episodes) + " from " + std::to_string(spec.first_episode),
         .expected = "0 or more of both",
         .hint = {}});
  }
  const AgentGenerator generator(episode_params(spec.preset, spec.params), spec.seed);
  Workload out{.sessions = {}, .label = label_of(spec, settings)};
  for (std::int32_t i = 0; i < spec.episodes; ++i) {
    const AgentEpisode episode = generator.episode(spec.first_episode + i);
    out.sessions.push_back(apply_policy(episode, settings).session);
  }
  return out;
}

}  // namespace pagequest::simulator
