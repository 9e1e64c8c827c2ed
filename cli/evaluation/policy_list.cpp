// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/policy_list.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "cli/options.h"
#include "cli/recording.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::cli {
namespace {

/// Whether the piece goes on with the parameters of the policy before it.
bool is_param(const std::string& piece) {
  return piece.find('=') < piece.find(':');  // npos is the largest
}

void add_param(SuitePolicy& policy, const std::string& text) {
  auto [name, value] = parse_pair(text);
  if (policy.params.emplace(name, std::move(value)).second) return;
  throw usage_error({.what = "a parameter is given twice",
                     .where = "policy `" + policy.policy + "`",
                     .found = name,
                     .expected = "each parameter once",
                     .hint = {}});
}

std::string label_of(const SuitePolicy& policy) {
  std::string label = policy.policy;
  for (const auto& [name, value] : policy.params) {
    label += (label == policy.policy ? ":" : ",") + name + "=" + value;
  }
  return label;
}

/// What the registry says: throws on unknown names.
void complete(SuitePolicy& policy) {
  policy.label = label_of(policy);
  const bool oracle = policy.policy == kHindsight;
  const kv::PolicyNeeds needs =
      kv::needs_of({.name = oracle ? "sidequest" : policy.policy, .params = policy.params});
  policy.budgeted = needs.budget;
}

void require_distinct(const std::vector<SuitePolicy>& policies) {
  for (auto policy = policies.begin(); policy != policies.end(); ++policy) {
    if (std::ranges::count(policies, policy->label, &SuitePolicy::label) == 1) continue;
    throw usage_error({.what = "a policy is listed twice",
                       .where = "option --policies",
                       .found = policy->label,
                       .expected = "each policy once with the same parameters",
                       .hint = {}});
  }
}

}  // namespace

std::vector<SuitePolicy> parse_policies(const std::vector<std::string>& pieces) {
  std::vector<SuitePolicy> policies;
  for (const std::string& piece : pieces) {
    if (!is_param(piece)) {
      const auto colon = piece.find(':');
      policies.push_back({.label = {}, .policy = piece.substr(0, colon)});
      if (colon != std::string::npos) add_param(policies.back(), piece.substr(colon + 1));
    } else if (policies.empty()) {
      throw usage_error({.what = "a parameter without a policy",
                         .where = "option --policies",
                         .found = piece,
                         .expected = "POLICY or POLICY:NAME=VALUE,NAME=VALUE",
                         .hint = {}});
    } else {
      add_param(policies.back(), piece);
    }
  }
  for (SuitePolicy& policy : policies) complete(policy);
  require_distinct(policies);
  return policies;
}

}  // namespace pagequest::cli
