// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/attention_policy.h"

#include <limits>
#include <variant>

namespace pagequest::kv {

void AttentionPolicy::do_observe(const Event& event) {
  if (const auto* filled = std::get_if<TokensFilled>(&event)) {
    prompt_.observe(*filled);
    next_position_ = filled->first + static_cast<std::int32_t>(filled->tokens.size());
    decoding_ = filled->kind == StepKind::decode;
    decode_steps_ += decoding_ ? 1 : 0;
  }
  if (const auto* attended = std::get_if<PagesAttended>(&event)) attend_all(*attended);
  observe_event(event);
}

void AttentionPolicy::attend_all(const PagesAttended& attended) {
  find_runs(attended.pages);
  const std::int32_t scopes = attention_.scopes(attended);
  for (std::int32_t scope = 0; scope < scopes; ++scope) {
    attend({.scope = scope,
            .pages = attended.pages,
            .mass = attention_.row(attended, scope),
            .query_rows = attended.query_rows,
            .runs = runs_});
  }
}

void AttentionPolicy::find_runs(std::span<const std::int32_t> pages) {
  runs_.clear();
  if (runs_.capacity() < pages.size()) runs_.reserve(2 * pages.size());  // however they break up
  for (std::size_t at = 0; at < pages.size(); ++at) {
    const auto page = static_cast<std::size_t>(pages[at]);
    if (runs_.empty() || runs_.back().page + runs_.back().count != page) {
      runs_.push_back({.at = at, .page = page, .count = 0});
    }
    ++runs_.back().count;
  }
}

void AttentionPolicy::do_score(std::int32_t scope, std::span<const UnitView> candidates,
                               std::span<float> keep) const {
  prepare(scope, candidates);
  keep_scores(scope, candidates, keep);
  const std::int32_t recent = next_position_ - common_.recent_tokens;
  const std::int32_t first = common_.protect_prompt ? prompt_.end() : 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TokenSpan span = candidates[i].span;
    const bool is_protected = span.end() > recent || span.first < first;
    keep[i] = is_protected ? std::numeric_limits<float>::infinity() : keep[i];
  }
}

void AttentionPolicy::keep_scores(std::int32_t scope, std::span<const UnitView> candidates,
                                  std::span<float> keep) const {
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    keep[i] = keep_score(scope, candidates[i].id);
  }
}

AttentionPolicy::Common common_of(const Params& params, std::int32_t recent_tokens) {
  return {.sharing = sharing_named(params.text(kSharingParam)),
          .group = group_mass_named(params.text(kGroupParam)),
          .recent_tokens = recent_tokens,
          .protect_prompt = params.flag(kPromptParam)};
}

}  // namespace pagequest::kv
