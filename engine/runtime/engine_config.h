// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "engine/kv/eviction_controller.h"
#include "engine/kv/reads/read_plan.h"
#include "engine/model/model.h"
#include "engine/ops/cpu/kv_layout.h"
#include "engine/runtime/engine.h"
#include "engine/runtime/kv_groups.h"

namespace pagequest::runtime {

/// The configuration with threads, kv_storage, device, policy_lag_steps and overlap filled in.
/// Throws usage_error that names an impossible value. Whether the build has the device is for
/// backend_maker() to say.
[[nodiscard]] EngineConfig resolve(EngineConfig config, const model::Model& model);

/// How a resolved configuration stores the model's keys and values.
[[nodiscard]] ops::KvLayout layout_of(const EngineConfig& config, const model::ModelConfig& model);

/// Physical pages of the pool, whose blocks take `block_bytes`. Throws usage_error when there is
/// not one for each group, or more than page numbers go.
[[nodiscard]] std::int32_t physical_pages(const EngineConfig& config, const KvGroups& groups,
                                          std::int64_t block_bytes);

/// What runs a policy on one episode. Throws as EvictionController does, and usage_error when the
/// policy reads attention or keys that are not captured, chooses for layers or heads that the page
/// tables do not tell apart, compacts positions of a model with windows or on a GPU, or selects
/// what is read where reads_for() cannot.
[[nodiscard]] kv::EvictionController controller_for(const kv::PolicySpec& policy,
                                                    const EngineConfig& config,
                                                    const model::ModelConfig& model);

/// Selects what a thread under the policy reads; none: it reads everything. Throws usage_error
/// where the engine can't select.
[[nodiscard]] std::optional<kv::ReadPlan> reads_for(const kv::EvictionController& controller,
                                                    const EngineConfig& config,
                                                    const model::ModelConfig& model);

/// The configuration with the page tables, captures and page bounds that the policy takes.
[[nodiscard]] EngineConfig fitted(EngineConfig config, const kv::PolicySpec& policy);

/// The coarsest tables with which a policy of this sharing can drop what it chooses.
[[nodiscard]] KvTables tables_for(kv::Sharing sharing);

}  // namespace pagequest::runtime
