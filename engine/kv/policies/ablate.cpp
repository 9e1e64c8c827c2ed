// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Drops tokens of one class at random, and nothing else, until the budget is kept: at equal budgets
// all classes lose equally many tokens, so that what an answer loses tells what the class is worth.
// Classes are those of a text whose marks are known: a class begins at a mark, a token of its own,
// and is so many tokens long. With pages of several tokens, a page is of its first token's class.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/kv/policies/attention_policy.h"

namespace pagequest::kv {
namespace {

enum class Where : std::uint8_t { prompt, thought, early, late };

constexpr std::array<std::string_view, 4> kWhere = {"prompt", "thought", "early", "late"};

Where where_named(const std::string& name) {
  const auto at = std::ranges::find(kWhere, name);
  if (at != kWhere.end()) return static_cast<Where>(at - kWhere.begin());
  throw_unknown_name("place of ablate", name, {kWhere.begin(), kWhere.end()});
}

struct Class {
  Where where;
  std::int32_t mark;    // token; -1: all tokens there
  std::int32_t length;  // tokens, the mark included
  std::uint64_t seed;
};

class Ablate final : public EvictionPolicy {
 public:
  explicit Ablate(const Class& of) : class_(of) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }

 private:
  static constexpr std::int32_t kRecent = 32;  // newest tokens, which are no class's

  void do_observe(const Event& event) override {
    std::visit(Overloaded{[this](const EpisodeBegan& began) { episode_ = began.episode.value; },
                          [this](const TokensFilled& filled) { mark(filled); }, [](const auto&) {}},
               event);
  }

  void mark(const TokensFilled& filled) {
    step_ = filled.step;
    prompt_.observe(filled);
    for (const std::int32_t token : filled.tokens) {
      if (token == class_.mark) left_ = class_.length;
      marked_.push_back(class_.mark < 0 || left_ > 0);
      left_ = std::max(0, left_ - 1);
    }
  }

  [[nodiscard]] bool is_of_class(std::int32_t position) const {
    const auto next = static_cast<std::int32_t>(marked_.size());
    const std::int32_t thought = prompt_.end();
    const std::int32_t half = thought + (next - thought) / 2;
    if (position >= next - kRecent || !marked_[static_cast<std::size_t>(position)]) return false;
    if (class_.where == Where::prompt) return position < thought;
    if (class_.where == Where::early) return position >= thought && position < half;
    return position >= (class_.where == Where::late ? half : thought);
  }

  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const override {
    std::uint64_t key = mix64(static_cast<std::uint32_t>(episode_));
    key = mix64(key ^ static_cast<std::uint32_t>(step_));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto page = static_cast<std::uint32_t>(candidates[i].id);
      keep[i] = is_of_class(candidates[i].span.first)
                    ? static_cast<float>(Rng(class_.seed, key ^ page).uniform())
                    : std::numeric_limits<float>::infinity();
    }
  }

  Class class_;
  std::int32_t episode_ = 0;
  std::int32_t step_ = 0;
  std::int32_t left_ = 0;  // tokens of the class under way
  PromptEnd prompt_;
  std::vector<bool> marked_;  // (position)
};

}  // namespace

std::span<const ParamSpec> ablate_params() {
  static const std::array kSpecs{
      ParamSpec{"where", std::string("thought"),
                "prompt; thought, which is all behind it; its early or late half"},
      ParamSpec{"mark", std::int64_t{-1}, "token at which the class begins; -1: all tokens there"},
      ParamSpec{"length", std::int64_t{1}, "tokens of the class from its mark on"},
      ParamSpec{"seed", std::int64_t{0}, "of the random choice, independent of the task's seed"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_ablate(const Params& params,
                                            const PolicyContext& /*context*/) {
  return std::make_unique<Ablate>(Class{
      .where = where_named(params.text("where")),
      .mark = integer_in(params, "ablate", "mark", -1, std::numeric_limits<std::int32_t>::max()),
      .length = integer_in(params, "ablate", "length", 1, 1 << 20),
      .seed = static_cast<std::uint64_t>(params.integer("seed"))});
}

}  // namespace pagequest::kv
