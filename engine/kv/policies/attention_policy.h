// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_policy.h"
#include "engine/kv/policies/param_ranges.h"
#include "engine/kv/policies/prompt_end.h"
#include "engine/kv/policies/registry.h"
#include "engine/kv/policies/scope_attention.h"

namespace pagequest::kv {

/// What all policies have in common that keep the pages (tokens, with pages of one) which attention
/// recommends: who shares a choice, what is protected, and where the sequence is.
class AttentionPolicy : public EvictionPolicy {
 public:
  struct Common {
    Sharing sharing = Sharing::all;
    GroupMass group = GroupMass::mean;
    std::int32_t recent_tokens = 0;  // the newest ones are kept
    bool protect_prompt = false;     // all before the first decode step is kept
  };

  AttentionPolicy(const Common& common, const PolicyContext& context)
      : common_(common), context_(context), attention_(common.sharing, common.group) {}

  [[nodiscard]] Unit unit() const final { return Unit::page; }
  [[nodiscard]] Trigger trigger() const override { return Trigger::budget; }
  [[nodiscard]] Sharing sharing() const final { return common_.sharing; }
  [[nodiscard]] bool needs_attention() const final { return true; }
  [[nodiscard]] bool averages_heads() const final {
    return common_.sharing == Sharing::all && common_.group == GroupMass::mean;
  }
  void take_average(std::span<const float> average) final { average_ = average; }

  /// The recent window, rounded up to pages, the page that is written and one to choose from.
  [[nodiscard]] std::int32_t minimum_budget_tokens() const override {
    return common_.recent_tokens + 2 * context_.page_size;
  }

 protected:
  /// Listed pages that follow each other: indices `at` and up are pages `page` and up.
  struct PageRun {
    std::size_t at;
    std::size_t page;
    std::size_t count;
  };
  /// One scope's attention in the step under way.
  struct Attended {
    std::int32_t scope;
    std::span<const std::int32_t> pages;  // ascending
    std::span<const float> mass;          // (page); below 0: not seen
    std::int32_t query_rows;              // that were averaged
    std::span<const PageRun> runs;        // of the pages: loops over them read memory in order
  };

  /// Takes a step's attention in, scope by scope.
  virtual void attend(const Attended& attended) = 0;
  /// Takes any event in, after this class's own part.
  virtual void observe_event(const Event& /*event*/) {}
  /// What keep_score() of these candidates needs to know about all of them at once.
  virtual void prepare(std::int32_t /*scope*/, std::span<const UnitView> /*candidates*/) const {}
  /// Higher = keep; for pages that are not protected.
  [[nodiscard]] virtual float keep_score(std::int32_t scope, std::int32_t page) const = 0;
  /// The same of all candidates, protected or not. score_each() is a way to write it.
  virtual void keep_scores(std::int32_t scope, std::span<const UnitView> candidates,
                           std::span<float> keep) const;

  [[nodiscard]] const Common& common() const { return common_; }
  [[nodiscard]] const PolicyContext& context() const { return context_; }
  [[nodiscard]] std::int32_t pages() const {
    return (next_position_ + context_.page_size - 1) / context_.page_size;
  }
  [[nodiscard]] std::int32_t next_position() const { return next_position_; }
  [[nodiscard]] std::int32_t decode_steps() const { return decode_steps_; }
  [[nodiscard]] bool is_decoding() const { return decoding_; }
  [[nodiscard]] std::int32_t prompt_end() const { return prompt_.end(); }

  /// The masses by page, 0 where none is listed, into a row of pages().
  void spread(const Attended& attended, std::span<float> row) const;

  /// One scope's part of (scope, page) state, which grows with the sequence by `fresh` ones.
  template <class T>
  std::vector<T>& part(std::vector<std::vector<T>>& state, std::int32_t scope,
                       const T& fresh = {}) const {
    const auto number = static_cast<std::size_t>(scope);
    if (state.size() <= number) state.resize(number + 1);
    state[number].resize(static_cast<std::size_t>(pages()), fresh);
    return state[number];
  }
  /// One scope's part of the state, as far as it goes.
  template <class T>
  static std::span<const T> known(const std::vector<std::vector<T>>& state, std::int32_t scope) {
    const auto number = static_cast<std::size_t>(scope);
    return number < state.size() ? std::span<const T>(state[number]) : std::span<const T>();
  }
  /// keep[i] = score of what is known of the i-th candidate's page, T{} where nothing is.
  template <class T, class Score>
  static void score_each(std::span<const T> state, std::span<const UnitView> candidates,
                         std::span<float> keep, const Score& score) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto page = static_cast<std::size_t>(candidates[i].id);
      keep[i] = score(page < state.size() ? state[page] : T{});
    }
  }
  /// T{} where nothing was written.
  template <class T>
  static T value_at(const std::vector<std::vector<T>>& state, std::int32_t scope,
                    std::int32_t page) {
    const auto number = static_cast<std::size_t>(scope);
    const auto index = static_cast<std::size_t>(page);
    if (number >= state.size() || index >= state[number].size()) return T{};
    return state[number][index];
  }

 private:
  void do_observe(const Event& event) final;
  void do_score(std::int32_t scope, std::span<const UnitView> candidates,
                std::span<float> keep) const final;
  void attend_all(const PagesAttended& attended);
  void find_runs(std::span<const std::int32_t> pages);

  Common common_;
  PolicyContext context_;
  ScopeAttention attention_;
  PromptEnd prompt_;
  std::int32_t next_position_ = 0;
  std::int32_t decode_steps_ = 0;
  bool decoding_ = false;  // the step under way decodes
  std::vector<PageRun> runs_;
  std::span<const float> average_;  // of the step's event, if it was given
};

/// Parameters that most of these policies declare.
inline constexpr std::string_view kSharingParam = "sharing";
inline constexpr std::string_view kSharingHelp =
    "who keeps the same pages: all heads, a layer's (layer), or each KV head by itself (head)";
inline constexpr std::string_view kGroupParam = "group";
inline constexpr std::string_view kGroupHelp =
    "query heads of a KV head count by their mean or max";
inline constexpr std::string_view kPromptParam = "protect_prompt";
inline constexpr std::string_view kPromptHelp =
    "keep the prompt (all before the first decode step) too";

/// What these parameters say. Throws usage_error on unknown names.
[[nodiscard]] AttentionPolicy::Common common_of(const Params& params, std::int32_t recent_tokens);

}  // namespace pagequest::kv
