// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/event_sink.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/unit_views.h"
#include "tests/support/synthetic_trace.h"

namespace pagequest::testing {

/// Every registered policy, with its default parameters and with each flag turned over.
[[nodiscard]] std::vector<kv::PolicySpec> all_policy_specs(std::int32_t page_size);

/// What a controller decided at one decision point for one scope (all heads, a layer, a head), and
/// what it could have chosen from there.
struct Decision {
  kv::DecisionPoint point;
  std::int32_t scope;
  bool decides;         // by the policy's cadence; true without one
  std::int32_t budget;  // tokens of the scope; 0 without one
  std::vector<TokenSpan> victims;
  std::vector<kv::UnitView> candidates;  // before the victims went
  std::vector<float> keep;               // (candidate); empty for Trigger::never
  std::vector<std::int32_t> commanded;   // so far in this episode, by AuxJoined
  std::vector<char> live;                // (position) before the victims went
  std::int32_t controller_live_tokens;   // before the victims went
  EpisodeId episode;
  std::int32_t filled = 0;     // tokens of the step that ended here
  std::vector<TokenSpan> due;  // with a lag: what was due, as it was known before the step
};

/// Plays synthetic episodes in which the controller of `spec` decides what is dropped. Beside each
/// controller run an own policy object, own views and a plain list of live positions.
/// `keep_attention` false: the controllers see no PagesAttended events. `lag_steps`: by which the
/// controllers' decisions take effect late.
[[nodiscard]] std::vector<Decision> run_policy(const kv::PolicySpec& spec,
                                               const SyntheticOptions& options,
                                               bool keep_attention = true,
                                               std::int32_t lag_steps = 0);

}  // namespace pagequest::testing
