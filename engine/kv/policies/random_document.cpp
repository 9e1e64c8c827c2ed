// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Drops whole tool responses at random until the budget is kept: what SideQuest (arXiv 2602.22603)
// drops by reasoning. It is the control that shows whether the choice matters or only the unit.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <variant>

#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

class RandomDocument final : public EvictionPolicy {
 public:
  explicit RandomDocument(std::uint64_t seed) : seed_(seed) {}

  [[nodiscard]] Unit unit() const override { return Unit::message; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }

 private:
  void do_observe(const Event& event) override {
    std::visit(Overloaded{[this](const EpisodeBegan& began) { episode_ = began.episode.value; },
                          [this](const TokensFilled& filled) { step_ = filled.step; },
                          [this](const ToolResponded& tool) {
                            newest_cursor_ = std::max(newest_cursor_, tool.cursor);
                          },
                          [](const auto&) {}},
               event);
  }

  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const override {
    std::transform(candidates.begin(), candidates.end(), keep.begin(), [this](const auto& unit) {
      return unit.id == newest_cursor_ ? std::numeric_limits<float>::infinity() : draw(unit.id);
    });
  }

  /// Keyed by episode, step and cursor: a lasting priority a cursor would favour the survivors.
  [[nodiscard]] float draw(std::int32_t cursor) const {
    std::uint64_t key = mix64(static_cast<std::uint32_t>(episode_));
    key = mix64(key ^ static_cast<std::uint32_t>(step_));
    return static_cast<float>(Rng(seed_, key ^ static_cast<std::uint32_t>(cursor)).uniform());
  }

  std::uint64_t seed_;
  std::int32_t episode_ = 0;
  std::int32_t step_ = 0;
  std::int32_t newest_cursor_ = -1;
};

}  // namespace

std::span<const ParamSpec> random_document_params() {
  static const std::array kSpecs{
      ParamSpec{"seed", std::int64_t{0}, "of the random choice, independent of the task's seed"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_random_document(const Params& params,
                                                     const PolicyContext& /*context*/) {
  return std::make_unique<RandomDocument>(static_cast<std::uint64_t>(params.integer("seed")));
}

}  // namespace pagequest::kv
