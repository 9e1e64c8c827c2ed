// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/params.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// What every policy is built from, beside its own parameters.
struct PolicyContext {
  std::int32_t page_size;      // tokens
  std::int32_t budget_tokens;  // of one sequence; 0 for policies without a budget
};

/// One registered policy: all that help texts, tables, validation and test suites need.
struct PolicyEntry {
  std::string_view name;
  std::string_view description;  // one line
  Unit unit;
  Trigger trigger;
  std::span<const ParamSpec> (*params)();
  /// Throws usage_error on parameter values out of range.
  std::unique_ptr<EvictionPolicy> (*make)(const Params& params, const PolicyContext& context);
};

/// All policies, sorted by name.
[[nodiscard]] std::span<const PolicyEntry> policies();

/// Throws usage_error that lists the valid names.
[[nodiscard]] const PolicyEntry& find_policy(std::string_view name);

/// Every parameter of the policy as text, defaults filled in: what a trace's header records.
/// Throws as find_policy and Params do.
[[nodiscard]] std::map<std::string, std::string> resolved_params(const PolicySpec& spec);

}  // namespace pagequest::kv
