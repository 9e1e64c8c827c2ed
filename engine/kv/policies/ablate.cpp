// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Drops tokens of one class at random, and nothing else, so that what an answer loses tells what
// the class is worth: with `count`, so many of them once, at the decode step `at`; else as many as
// the budget wants, all the time. Up to that step a class's episode is the same as any other's,
// which makes them pairs. A class is a place, and there either all tokens or those of a text whose
// marks are known: then a class begins at a mark, a token of its own, and is so many tokens long.
// With pages of several tokens, a page is of its first token's class.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/event_sink.h"
#include "base/rng.h"
#include "engine/kv/policies/attention_policy.h"
#include "engine/kv/policies/head_stability.h"
#include "engine/kv/policies/token_places.h"

namespace pagequest::kv {
namespace {

template <class Value>
struct Named {
  std::string_view name;
  Value value;
};

enum class Where : std::uint8_t { any, call, early, late, prompt, response, sink, thought };
constexpr std::array<Named<Where>, 8> kWhere = {{{"any", Where::any},
                                                 {"call", Where::call},
                                                 {"early", Where::early},
                                                 {"late", Where::late},
                                                 {"prompt", Where::prompt},
                                                 {"response", Where::response},
                                                 {"sink", Where::sink},
                                                 {"thought", Where::thought}}};

enum class Heads : std::uint8_t { all, random, stable, unstable };
constexpr std::array<Named<Heads>, 4> kHeads = {{{"all", Heads::all},
                                                 {"random", Heads::random},
                                                 {"stable", Heads::stable},
                                                 {"unstable", Heads::unstable}}};

struct Ablation {
  Where where;
  Heads heads;
  std::int32_t mark;    // token; -1: all tokens there
  std::int32_t length;  // tokens, the mark included
  std::int32_t count;   // tokens that go at once, of each of the heads; 0: as the budget wants
  std::int32_t at;      // decode step, from 1
  std::uint64_t seed;
};

class Ablate final : public EvictionPolicy {
 public:
  Ablate(const Ablation& of, const KvShape& shape) : of_(of), shape_(shape) {}

  [[nodiscard]] Unit unit() const override { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }
  [[nodiscard]] Sharing sharing() const override {
    return of_.heads == Heads::all ? Sharing::all : Sharing::head;
  }
  [[nodiscard]] bool takes_budget() const override { return of_.count == 0; }
  [[nodiscard]] bool needs_attention() const override {
    return of_.heads == Heads::stable || of_.heads == Heads::unstable;
  }

  [[nodiscard]] bool decides(const StepEnd& step) const override {
    return of_.count == 0 || (step.kind == StepKind::decode && step.decode_steps == of_.at);
  }

  [[nodiscard]] std::int32_t budget_tokens(std::int32_t scope, std::int32_t budget) const override {
    if (!is_ablated(scope)) return std::numeric_limits<std::int32_t>::max();
    return of_.count == 0 ? budget : places_.filled() - of_.count;
  }

 private:
  static constexpr std::int32_t kRecent = 32;  // newest tokens, which are no class's
  static constexpr std::int32_t kSinks = 4;    // StreamingLLM's, arXiv 2309.17453

  void do_observe(const Event& event) override {
    places_.observe(event);
    if (needs_attention()) stability_.observe(event);
    if (const auto* began = std::get_if<EpisodeBegan>(&event)) episode_ = began->episode.value;
    if (const auto* filled = std::get_if<TokensFilled>(&event)) mark(*filled);
  }

  void mark(const TokensFilled& filled) {
    step_ = filled.step;
    for (const std::int32_t token : filled.tokens) {
      if (token == of_.mark) left_ = of_.length;
      marked_.push_back(of_.mark < 0 || left_ > 0);
      left_ = std::max(0, left_ - 1);
    }
  }

  [[nodiscard]] std::uint64_t key() const {
    return mix64(static_cast<std::uint32_t>(episode_)) ^ of_.seed;
  }

  /// Whether the scope is of those that lose something; before anything is known of the heads,
  /// none.
  [[nodiscard]] bool is_ablated(std::int32_t scope) const {
    if (of_.heads == Heads::all) return true;
    const auto quarter = of_.heads == Heads::random
                             ? extreme_quarter(random_values(), true)
                             : extreme_quarter(stability_.overlap(), of_.heads == Heads::stable);
    return std::ranges::binary_search(quarter, scope);
  }

  [[nodiscard]] std::vector<double> random_values() const {
    std::vector<double> values(static_cast<std::size_t>(scope_count(Sharing::head, shape_)));
    Rng rng(of_.seed, key());
    for (double& value : values) value = rng.uniform();
    return values;
  }

  [[nodiscard]] bool is_of_class(std::int32_t position) const {
    if (position >= places_.filled() - kRecent) return false;
    return marked_[static_cast<std::size_t>(position)] && is_there(position);
  }

  [[nodiscard]] bool is_there(std::int32_t position) const {
    const Place place = places_.at(position);
    const std::int32_t thought = places_.prompt_end();
    const std::int32_t half = thought + (places_.filled() - thought) / 2;
    switch (of_.where) {
      case Where::any:
        return true;
      case Where::call:
        return place == Place::call;
      case Where::early:
        return place == Place::thought && position < half;
      case Where::late:
        return place == Place::thought && position >= half;
      case Where::prompt:
        return place == Place::prompt;
      case Where::response:
        return place == Place::response;
      case Where::sink:
        return position < kSinks;
      case Where::thought:
        return place == Place::thought;
    }
    return false;
  }

  /// Without the scope in the key: with all of them sharing there is one, and heads that are set
  /// against each other lose the same tokens.
  void do_score(std::int32_t /*scope*/, std::span<const UnitView> candidates,
                std::span<float> keep) const override {
    const std::uint64_t step = mix64(key() ^ static_cast<std::uint32_t>(step_));
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto page = static_cast<std::uint32_t>(candidates[i].id);
      keep[i] = is_of_class(candidates[i].span.first)
                    ? static_cast<float>(Rng(of_.seed, step ^ page).uniform())
                    : std::numeric_limits<float>::infinity();
    }
  }

  Ablation of_;
  KvShape shape_;
  std::int32_t episode_ = 0;
  std::int32_t step_ = 0;
  std::int32_t left_ = 0;  // tokens of the class under way
  TokenPlaces places_;
  HeadStability stability_;
  std::vector<bool> marked_;  // (position)
};

void require_both(const Ablation& of) {
  if ((of.count > 0) == (of.at > 0)) return;
  throw usage_error({.what = "one of two parameters that need each other",
                     .where = "policy `ablate`",
                     .found = of.count > 0 ? "`count` without `at`" : "`at` without `count`",
                     .expected = "both, or neither and a budget",
                     .hint = {}});
}

}  // namespace

std::span<const ParamSpec> ablate_params() {
  static const std::array kSpecs{
      ParamSpec{"where", std::string("thought"),
                "any; prompt; its first four tokens (sink); what the model wrote (thought), the "
                "early or late half of it; what it wrote to call a tool (call), and the response"},
      ParamSpec{"mark", std::int64_t{-1}, "token at which the class begins; -1: all tokens there"},
      ParamSpec{"length", std::int64_t{1}, "tokens of the class from its mark on"},
      ParamSpec{"count", std::int64_t{0},
                "tokens of the class that go, once; 0: as many as the budget wants, at every step"},
      ParamSpec{"at", std::int64_t{0}, "decode step of the episode at which they go"},
      ParamSpec{"heads", std::string("all"),
                "which KV heads lose them: all, or the quarter whose attention stays on the same "
                "pages most (stable) or least (unstable), or a random one"},
      ParamSpec{"seed", std::int64_t{0}, "of the random choice, independent of the task's seed"}};
  return kSpecs;
}

std::unique_ptr<EvictionPolicy> make_ablate(const Params& params, const PolicyContext& context) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  const Ablation of{.where = entry_named("place of ablate", params.text("where"), kWhere).value,
                    .heads = entry_named("heads of ablate", params.text("heads"), kHeads).value,
                    .mark = integer_in(params, "ablate", "mark", -1, kMost),
                    .length = integer_in(params, "ablate", "length", 1, 1 << 20),
                    .count = integer_in(params, "ablate", "count", 0, 1 << 20),
                    .at = integer_in(params, "ablate", "at", 0, 1 << 20),
                    .seed = static_cast<std::uint64_t>(params.integer("seed"))};
  require_both(of);
  return std::make_unique<Ablate>(of, context.shape);
}

}  // namespace pagequest::kv
