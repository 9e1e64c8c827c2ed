// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/project_under_policy.h"

#include <optional>
#include <string>
#include <variant>

#include "base/error.h"
#include "base/event_sink.h"
#include "engine/kv/policies/registry.h"
#include "simulator/policy_replay.h"
#include "simulator/recorded_lag.h"
#include "simulator/workload/projection.h"

namespace pagequest::simulator {
namespace {

/// Sends a recorded episode to the policy, and to a session what comes of it.
class Exchange final : public EventSink {
 public:
  Exchange(PolicyReplay& replay, std::int32_t token_scale, bool keeps_aux)
      : replay_(replay), builder_(token_scale), keeps_aux_(keeps_aux) {}

  void on(const Event& event) override {
    replay_.on(event);
    write_victims(event);
    if (const auto* forked = std::get_if<AuxForked>(&event)) {
      fork_ = *forked;
      ++forks_;
      return;
    }
    if (is_dropped(event)) return;
    if (fork_) {
      if (keeps_aux_) builder_.on(*fork_);
      fork_.reset();
    }
    builder_.on(event);
  }
  [[nodiscard]] bool wants_attention() const override { return replay_.wants_attention(); }
  [[nodiscard]] Session take() { return builder_.take(); }
  [[nodiscard]] std::int32_t forks() const { return forks_; }

 private:
  [[nodiscard]] bool is_dropped(const Event& event) const {
    if (std::holds_alternative<TokensEvicted>(event)) return true;
    return !keeps_aux_ && (is_auxiliary(event) || std::holds_alternative<AuxJoined>(event));
  }

  void write_victims(const Event& event) {
    const auto episode = std::visit([](const auto& e) { return e.episode; }, event);
    const auto& decided = replay_.decided();
    for (; written_ < decided.size(); ++written_) {
      const Victim& victim = decided[written_];
      if (victim.layer >= 0 || victim.key_bits > 0) continue;
      builder_.on(TokensEvicted{episode, victim.step, victim.turn, victim.span, victim.tokens});
    }
  }

  PolicyReplay& replay_;
  SessionBuilder builder_;
  bool keeps_aux_;
  std::optional<AuxForked> fork_;  // of a boundary whose evictions are decided only now: they came
                                   // first when it was recorded
  std::size_t written_ = 0;
  std::int32_t forks_ = 0;
};

std::string label_of(const traces::Header& header, const kv::PolicySpec& policy) {
  std::string label = "recorded by " + header.model + " on " + header.task + " (" + header.setting +
                      ") under policy " + header.policy + ", replayed under " + policy.name;
  if (policy.budget_tokens > 0) {
    label += " with a budget of " + std::to_string(policy.budget_tokens) + " recorded tokens";
  }
  label += " (" + std::string(to_string(validity(header, policy))) + ")";
  return label + ", seed " + std::to_string(header.seed);
}

void check_forks(const kv::PolicySpec& policy, bool keeps_aux, std::int64_t forks) {
  if (!keeps_aux || forks > 0) return;
  throw usage_error({.what = "the policy carries out what auxiliary threads say",
                     .where = "policy `" + policy.name + "`",
                     .found = "a trace without any",
                     .expected = "one that was recorded under it",
                     .hint = "record with `--policy sidequest`"});
}

}  // namespace

Workload project_under_policy(const traces::Reader& trace, const kv::PolicySpec& policy,
                              std::int32_t token_scale) {
  const traces::Header& header = trace.header();
  const bool keeps_aux = kv::find_policy(policy.name).names_by_model;
  check_replayable(header, policy);
  Workload out{.sessions = {}, .label = label_of(header, policy), .token_scale = token_scale};
  const kv::KvShape shape{.layers = header.layers, .kv_heads = header.kv_heads};
  std::int64_t forks = 0;
  for (std::size_t i = 0; i < trace.episodes().size(); ++i) {
    PolicyReplay replay(policy, header.page_size, recorded_lag_steps(header), shape);
    Exchange exchange(replay, token_scale, keeps_aux);
    trace.replay(i, exchange, exchange.wants_attention());
    (void)replay.take();  // says so if the policy reads attention and there is none
    forks += exchange.forks();
    out.sessions.push_back(exchange.take());
  }
  check_forks(policy, keeps_aux, forks);
  order_by_episode(out);
  return out;
}

}  // namespace pagequest::simulator
