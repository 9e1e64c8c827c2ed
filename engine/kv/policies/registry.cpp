// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

namespace pagequest::kv {

#define PQ_DECLARE_POLICY(name)               \
  std::span<const ParamSpec> name##_params(); \
  std::unique_ptr<EvictionPolicy> make_##name(const Params&, const PolicyContext&)

PQ_DECLARE_POLICY(full);
PQ_DECLARE_POLICY(h2o);
PQ_DECLARE_POLICY(random_document);
PQ_DECLARE_POLICY(sidequest);
PQ_DECLARE_POLICY(streaming);

#undef PQ_DECLARE_POLICY

namespace {

constexpr std::array kPolicies{
    PolicyEntry{"full", "Keeps everything: the uncompressed baseline", Unit::page, Trigger::never,
                full_params, make_full},
    PolicyEntry{"h2o", "Keeps a recent window and the pages with the most attention so far",
                Unit::page, Trigger::budget, h2o_params, make_h2o},
    PolicyEntry{"random-document", "Drops whole tool responses at random: SideQuest's control",
                Unit::message, Trigger::budget, random_document_params, make_random_document},
    PolicyEntry{"sidequest", "Drops the tool responses that the model itself names as expired",
                Unit::message, Trigger::command, sidequest_params, make_sidequest},
    PolicyEntry{"streaming", "Keeps the first tokens (attention sinks) and a recent window",
                Unit::page, Trigger::budget, streaming_params, make_streaming},
};

constexpr bool sorted_and_unique() {
  for (std::size_t i = 1; i < kPolicies.size(); ++i) {
    if (kPolicies[i - 1].name >= kPolicies[i].name) return false;
  }
  return true;
}
static_assert(sorted_and_unique(), "policies are listed by name, each once");

}  // namespace

std::span<const PolicyEntry> policies() { return kPolicies; }

const PolicyEntry& find_policy(std::string_view name) {
  const auto entry =
      std::lower_bound(kPolicies.begin(), kPolicies.end(), name,
                       [](const PolicyEntry& e, std::string_view n) { return e.name < n; });
  if (entry != kPolicies.end() && entry->name == name) return *entry;
  std::vector<std::string> valid;
  for (const auto& policy : kPolicies) valid.emplace_back(policy.name);
  throw_unknown_name("policy", name, valid);
}

std::map<std::string, std::string> resolved_params(const PolicySpec& spec) {
  const PolicyEntry& entry = find_policy(spec.name);
  const Params params(entry.name, entry.params(), spec.params);
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : params.all()) texts.emplace(name, to_text(value));
  return texts;
}

}  // namespace pagequest::kv
