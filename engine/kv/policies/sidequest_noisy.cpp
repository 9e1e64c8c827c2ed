// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// SideQuest with a model that is worse at it than the one that plays: commands get lost (an
// untrained model fails to write 15 to 30 % of them, SideQuest section 4.5), expired responses are
// missed, and responses that are still needed are named. Needed is what the model does not name.
#include <array>
#include <memory>
#include <set>
#include <variant>

#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/kv/policies/command_policy.h"
#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/registry.h"

namespace pagequest::kv {
namespace {

struct Noise {
  double parse_failures;
  double recall;
  double false_evictions;
  std::uint64_t seed;
};

class SideQuestNoisy final : public CommandPolicy {
 public:
  explicit SideQuestNoisy(const Noise& noise) : noise_(noise) {}

  [[nodiscard]] std::vector<std::int32_t> commanded() const override {
    return {commanded_.begin(), commanded_.end()};
  }
  void clear_commands() override { commanded_.clear(); }

 private:
  void do_observe(const Event& event) override {
    std::visit(Overloaded{[this](const EpisodeBegan& began) { episode_ = began.episode.value; },
                          [this](const ToolResponded& tool) {
                            if (tool.cursor >= 0) held_.insert(tool.cursor);
                          },
                          [this](const AuxJoined& joined) { take(joined); }, [](const auto&) {}},
               event);
  }

  void take(const AuxJoined& joined) {
    if (!joined.parsed || held_.empty()) return;
    const std::int32_t newest = *held_.rbegin();
    std::uint64_t key = mix64(static_cast<std::uint32_t>(episode_));
    key = mix64(key ^ static_cast<std::uint32_t>(joined.turn));
    Rng rng(noise_.seed, key);
    const bool lost = rng.chance(noise_.parse_failures);
    const std::set<std::int32_t> named(joined.cursors.begin(), joined.cursors.end());
    for (const std::int32_t cursor : std::set<std::int32_t>(held_)) {
      const double rate = named.contains(cursor) ? noise_.recall : noise_.false_evictions;
      const bool goes = rng.chance(rate);
      if (lost || !goes || cursor == newest) continue;
      commanded_.insert(cursor);
      held_.erase(cursor);
    }
  }

  Noise noise_;
  std::int32_t episode_ = 0;
  std::set<std::int32_t> held_;  // given out and not yet named
  std::set<std::int32_t> commanded_;
};

}  // namespace

std::span<const ParamSpec> sidequest_noisy_params() {
  static const std::array kSpecs{
      ParamSpec{"parse_failures", 0.2, "share of the commands that are lost"},
      ParamSpec{"recall", 0.9, "share of the named responses that go"},
      ParamSpec{"false_evictions", 0.05, "share of the others, the newest apart, that go too"},
      ParamSpec{"seed", std::int64_t{0}, "of the noise, independent of the task's seed"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_sidequest_noisy(const Params& params,
                                                     const PolicyContext& /*context*/) {
  constexpr std::string_view kName = "sidequest-noisy";
  return std::make_unique<SideQuestNoisy>(
      Noise{real_in(params, kName, "parse_failures", 0.0, 1.0),
            real_in(params, kName, "recall", 0.0, 1.0),
            real_in(params, kName, "false_evictions", 0.0, 1.0),
            static_cast<std::uint64_t>(params.integer("seed"))});
}

}  // namespace pagequest::kv
