// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/params.h"
#include "engine/kv/allocation.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// What every policy is built from, beside its own parameters.
struct PolicyContext {
  std::int32_t page_size;      // tokens
  std::int32_t budget_tokens;  // of one sequence, or of what a KV head reads; 0: takes none
  KvShape shape = {};
};

/// One registered policy: all that help texts, tables, validation and test suites need.
struct PolicyEntry {
  std::string_view name;
  std::string_view description;  // one line
  Unit unit;
  Trigger trigger;
  bool names_by_model;  // a command policy that carries out what an auxiliary thread says
  std::span<const ParamSpec> (*params)();  // of its own
  /// Throws usage_error on parameter values out of range.
  std::unique_ptr<EvictionPolicy> (*make)(const Params& params, const PolicyContext& context);
};

/// All policies, sorted by name.
[[nodiscard]] std::span<const PolicyEntry> policies();

[[nodiscard]] bool is_policy(std::string_view name);

/// Throws usage_error that lists the valid names.
[[nodiscard]] const PolicyEntry& find_policy(std::string_view name);

/// The policy's own parameters and those that others share: `every_steps` and `allocation` of a
/// budget policy, `positions` of all that drop something.
[[nodiscard]] std::vector<ParamSpec> params_of(const PolicyEntry& entry);

/// Decode steps between two decisions of a budget policy; 0: as the policy itself says. Throws
/// usage_error on a value out of range.
[[nodiscard]] std::int32_t every_steps(const PolicyEntry& entry, const Params& params);

/// How the engine counts distances over what the policy dropped. Throws usage_error on an unknown
/// name.
[[nodiscard]] Positions positions_of(const PolicyEntry& entry, const Params& params);
/// How heads share the budget: uniform for policies without one. Throws as allocation_named.
[[nodiscard]] Allocation allocation_of(const PolicyEntry& entry, const Params& params);

/// What an engine must offer to a policy: its parameters say, whatever the model and the budget.
struct PolicyNeeds {
  Sharing sharing;
  bool attention;
  bool keys;
  bool budget;       // from the user
  bool requantises;  // so its trace has a table for changes of precision
  bool reads;        // a selection of what decode steps read
};
/// Throws as find_policy and Params do.
[[nodiscard]] PolicyNeeds needs_of(const PolicySpec& spec);

/// Every parameter of the policy as text, defaults filled in: what a trace's header records.
/// Throws as find_policy and Params do.
[[nodiscard]] std::map<std::string, std::string> resolved_params(const PolicySpec& spec);

}  // namespace pagequest::kv
