// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/kv/allocation.h"
#include "engine/kv/eviction_controller.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// Throws usage_error: a budget for a policy that takes none, none for one that needs it, or one
/// below what the policy must keep.
void check_budget(const PolicySpec& spec, const EvictionPolicy& policy);

/// Throws usage_error: an adaptive allocation without a choice of each head's own.
void check_allocation(const PolicySpec& spec, const EvictionPolicy& policy, Allocation allocation);

}  // namespace pagequest::kv
