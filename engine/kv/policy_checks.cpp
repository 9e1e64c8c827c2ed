// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policy_checks.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace pagequest::kv {

void check_budget(const PolicySpec& spec, const EvictionPolicy& policy) {
  const bool takes_budget = policy.takes_budget();
  const std::string found = std::to_string(spec.budget_tokens) + " tokens";
  const std::string where = "policy `" + spec.name + "`";
  if (!takes_budget && spec.budget_tokens != 0) {
    throw usage_error({.what = "a budget for a policy that takes none",
                       .where = where,
                       .found = found,
                       .expected = "no budget",
                       .hint = "leave the budget out"});
  }
  const std::int32_t least = std::max(1, policy.minimum_budget_tokens());
  if (takes_budget && spec.budget_tokens < least) {
    throw usage_error({.what = spec.budget_tokens == 0 ? "the policy needs a budget"
                                                       : "the budget is below what must be kept",
                       .where = where,
                       .found = found,
                       .expected = "at least " + std::to_string(least) + " tokens",
                       .hint = "a smaller page size or other parameters need less"});
  }
}

void check_allocation(const PolicySpec& spec, const EvictionPolicy& policy, Allocation allocation) {
  if (allocation == Allocation::uniform || policy.sharing() == Sharing::head) return;
  throw usage_error({.what = "an adaptive allocation where heads share their choice",
                     .where = "policy `" + spec.name + "`",
                     .found = "sharing=" + std::string(to_string(policy.sharing())),
                     .expected = "sharing=head",
                     .hint = "give each head its choice, or leave allocation=adaptive out"});
}

}  // namespace pagequest::kv
