// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/kv/eviction_controller.h"
#include "simulator/workload/attention_model.h"
#include "simulator/workload/aux_thread_model.h"
#include "simulator/workload/generator/agent_episode.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// The oracle beside the registered policies: what nothing later needs goes at the next turn
/// boundary, at no cost. Takes the parameters of `sidequest`.
inline constexpr std::string_view kHindsightPolicy = "hindsight";

/// Under what a session runs, and what stands in for a model where the load has none.
struct PolicySettings {
  kv::PolicySpec policy;  // a registered one or kHindsightPolicy
  AuxThreadParams aux = aux_thread_params();
  AttentionParams attention = attention_params();
  std::int32_t page_tokens = 16;
  std::int32_t prefill_chunk_tokens = 2048;  // a budget policy decides after each
  std::int32_t lag_steps = 0;                // of its decisions, see kv::EvictionController
  std::uint64_t seed = 0;                    // of auxiliary threads and attention
};

/// A session under a policy.
struct ManagedSession {
  Session session;  // with the policy's Evict operations and its auxiliary threads
  std::int32_t aux_passes = 0;
  /// Tool responses that lost tokens before their last use. Stands in for accuracy, which no
  /// simulation knows; the program goes on as if nothing had been lost.
  std::int32_t lost_responses = 0;
};

/// Lets the policy decide on a session: kv::EvictionController, the code that decides in the
/// engine, is driven with the events of the program, and what it drops becomes Evict operations
/// where it drops it. Attention comes from AttentionModel, all heads alike (one layer, one KV
/// head). `responses` (cursor) says until when tool responses are needed, which the policies that
/// an auxiliary thread commands and the oracle go by; empty for loads that don't say. Sub-agents
/// run under the same policy, without such knowledge.
///
/// Throws usage_error: as kv::EvictionController does; a policy that reads keys or selects what
/// is read; one that needs `responses` without them; a session that has evictions or auxiliary
/// threads already.
[[nodiscard]] ManagedSession apply_policy(const Session& session,
                                          std::span<const ToolResponse> responses,
                                          const PolicySettings& settings);

/// The same for an episode of the generator.
[[nodiscard]] inline ManagedSession apply_policy(const AgentEpisode& episode,
                                                 const PolicySettings& settings) {
  return apply_policy(episode.session, episode.responses, settings);
}

/// Throws usage_error as apply_policy does for whatever session.
void check_policy(const PolicySettings& settings, bool knows_last_uses);

}  // namespace pagequest::simulator
