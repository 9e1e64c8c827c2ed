// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Drops pages at random: what any policy that looks must beat at the same budget.
#include <array>
#include <limits>
#include <memory>
#include <variant>

#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

class Random final : public EvictionPolicy {
 public:
  Random(std::uint64_t seed, Sharing sharing) : seed_(seed), sharing_(sharing) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }
  [[nodiscard]] Sharing sharing() const override { return sharing_; }

 private:
  void do_observe(const Event& event) override {
    std::visit(
        Overloaded{[this](const EpisodeBegan& began) { episode_ = began.episode.value; },
                   [this](const TokensFilled& filled) { step_ = filled.step; }, [](const auto&) {}},
        event);
  }

  /// Keyed by step: a lasting priority a page would favour the survivors.
  void do_score(std::int32_t scope, std::span<const UnitView> candidates,
                std::span<float> keep) const override {
    std::uint64_t key = mix64(static_cast<std::uint32_t>(episode_));
    key = mix64(key ^ static_cast<std::uint32_t>(step_));
    key = mix64(key ^ static_cast<std::uint32_t>(scope));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto page = static_cast<std::uint32_t>(candidates[i].id);
      keep[i] = static_cast<float>(Rng(seed_, key ^ page).uniform());
    }
  }

  std::uint64_t seed_;
  Sharing sharing_;
  std::int32_t episode_ = 0;
  std::int32_t step_ = 0;
};

}  // namespace

std::span<const ParamSpec> random_params() {
  static const std::array kSpecs{
      ParamSpec{"seed", std::int64_t{0}, "of the random choice, independent of the task's seed"},
      ParamSpec{kSharingParam, std::string("head"), kSharingHelp}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_random(const Params& params,
                                            const PolicyContext& /*context*/) {
  return std::make_unique<Random>(static_cast<std::uint64_t>(params.integer("seed")),
                                  sharing_named(params.text(kSharingParam)));
}

}  // namespace pagequest::kv
