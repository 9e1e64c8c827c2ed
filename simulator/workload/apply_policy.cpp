// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/apply_policy.h"

#include <string>
#include <variant>

#include "base/error.h"
#include "engine/kv/policies/registry.h"
#include "simulator/workload/program_rewriter.h"

namespace pagequest::simulator {
namespace {

[[noreturn]] void refuse(std::string what, const std::string& policy, std::string found,
                         std::string hint) {
  throw usage_error({.what = std::move(what),
                     .where = "policy `" + policy + "`",
                     .found = std::move(found),
                     .expected = {},
                     .hint = std::move(hint)});
}

bool is_managed(const Operation& operation) {
  return std::holds_alternative<Evict>(operation) || std::holds_alternative<ForkAux>(operation) ||
         std::holds_alternative<JoinAux>(operation);
}

void check_session(const Session& session, const std::string& policy) {
  for (const Operation& operation : session.program) {
    if (!is_managed(operation)) continue;
    refuse(
        "the session runs under a policy already", policy,
        "episode " + std::to_string(session.episode.value) + " with evictions or auxiliary threads",
        "take a load without them (a trace recorded under `full`)");
  }
  for (const Session& agent : session.agents) check_session(agent, policy);
}

}  // namespace

void check_policy(const PolicySettings& settings, bool knows_last_uses) {
  const std::string& name = settings.policy.name;
  const bool oracle = name == kHindsightPolicy;
  if (!oracle && !kv::is_policy(name)) {
    std::vector<std::string> valid{std::string(kHindsightPolicy)};
    for (const auto& policy : kv::policies()) valid.emplace_back(policy.name);
    throw_unknown_name("policy", name, valid);
  }
  if (settings.page_tokens < 1 || settings.prefill_chunk_tokens < 1 || settings.lag_steps < 0) {
    refuse("bad page size, prefill chunk or lag", name,
           std::to_string(settings.page_tokens) + ", " +
               std::to_string(settings.prefill_chunk_tokens) + ", " +
               std::to_string(settings.lag_steps),
           "at least 1, 1 and 0");
  }
  kv::PolicySpec spec = settings.policy;
  if (oracle) spec.name = "sidequest";
  const kv::PolicyNeeds needs = kv::needs_of(spec);
  if (needs.keys || needs.reads) {
    refuse("the policy needs keys or queries, which modelled attention doesn't have", name, {},
           "run the engine under it, and simulate its trace");
  }
  if ((oracle || kv::find_policy(spec.name).names_by_model) && !knows_last_uses) {
    refuse("the policy needs to know what is needed later", name,
           "a load that doesn't say until when tool responses are needed",
           "take generated episodes, or a trace recorded under this policy");
  }
}

ManagedSession apply_policy(const Session& session, std::span<const ToolResponse> responses,
                            const PolicySettings& settings) {
  std::size_t calls = 0;
  for (const Operation& operation : session.program) {
    calls += std::holds_alternative<CallTool>(operation) ? 1 : 0;
  }
  check_policy(settings, !responses.empty() || calls == 0);
  check_session(session, settings.policy.name);
  return ProgramRewriter(session, responses, settings).run();
}

}  // namespace pagequest::simulator
