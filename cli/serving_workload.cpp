// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/serving_workload.h"

#include <utility>

#include "base/error.h"
#include "base/named_text.h"
#include "engine/kv/policies/registry.h"
#include "simulator/workload/apply_policy.h"
#include "simulator/workload/generator/agent_workload.h"
#include "simulator/workload/project_under_policy.h"
#include "simulator/workload/projection.h"
#include "simulator/workload/request_sessions.h"
#include "traces/import/importer.h"
#include "traces/reader.h"

namespace pagequest::cli {
namespace {

constexpr std::string_view kAgents = "agents";

std::int64_t taken(std::map<std::string, std::string>& given, const std::string& name,
                   std::int64_t otherwise) {
  const ParamSpec specs[] = {{name, otherwise, "number"}};
  std::map<std::string, std::string> one;
  if (const auto at = given.find(name); at != given.end()) one.insert(given.extract(at));
  return Params(name, specs, one).integer(name);
}

/// "NAME:budget=TOKENS,key=value".
kv::PolicySpec policy_of(const std::string& text) {
  NamedText named = parse_named_text("policy", text);
  kv::PolicySpec spec;
  spec.budget_tokens = static_cast<std::int32_t>(taken(named.given, "budget", 0));
  spec.name = std::move(named.name);
  spec.params = std::move(named.given);
  if (spec.name != simulator::kHindsightPolicy) (void)kv::find_policy(spec.name);
  return spec;
}

simulator::PolicySettings settings_of(const WorkloadChoice& choice) {
  simulator::PolicySettings out;
  out.policy = policy_of(choice.policy.empty() ? "full" : choice.policy);
  out.seed = choice.seed;
  if (choice.page_tokens > 0) out.page_tokens = choice.page_tokens;
  return out;
}

simulator::Workload generated(const WorkloadChoice& choice) {
  const std::string text = choice.source.size() > kAgents.size() + 1
                               ? choice.source.substr(kAgents.size() + 1)
                               : std::string("frames");
  NamedText named = parse_named_text("agents", text);
  simulator::AgentWorkloadSpec spec;
  spec.preset = named.name;
  spec.seed = choice.seed;
  spec.episodes = static_cast<std::int32_t>(taken(named.given, "episodes", spec.episodes));
  spec.params = std::move(named.given);
  return simulator::agent_workload(spec, settings_of(choice));
}

simulator::Workload imported(const WorkloadChoice& choice) {
  const traces::RequestTrace trace = traces::import_requests(choice.source);
  simulator::Workload out = simulator::request_workload(
      trace, {.page_tokens = choice.page_tokens, .max_requests = choice.requests});
  if (choice.policy.empty() || choice.policy == "full") return out;
  const simulator::PolicySettings settings = settings_of(choice);
  simulator::check_policy(settings, false);
  for (simulator::Session& session : out.sessions) {
    session = simulator::apply_policy(session, {}, settings).session;
  }
  out.label += ", under policy " + choice.policy + " with modelled attention";
  return out;
}

simulator::Workload recorded(const WorkloadChoice& choice) {
  const traces::Reader trace(choice.source);
  if (choice.policy.empty()) return simulator::project(trace, choice.token_scale);
  return simulator::project_under_policy(trace, policy_of(choice.policy), choice.token_scale);
}

}  // namespace

bool is_generated(const std::string& source) {
  return source == kAgents || source.starts_with(std::string(kAgents) + ":");
}

simulator::Workload load_workload(const WorkloadChoice& choice) {
  if (is_generated(choice.source)) return generated(choice);
  if (traces::detect_request_trace(choice.source) != nullptr) return imported(choice);
  return recorded(choice);
}

std::int32_t block_tokens_of(const std::string& source) {
  if (is_generated(source) || traces::detect_request_trace(source) == nullptr) return 0;
  return traces::import_requests(source).identity.block_tokens;
}

}  // namespace pagequest::cli
