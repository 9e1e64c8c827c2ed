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
  if (const auto* attended = std::get_if<PagesAttended>(&event)) {
    const std::int32_t scopes = attention_.scopes(*attended);
    for (std::int32_t scope = 0; scope < scopes; ++scope) {
      attend({.scope = scope,
              .pages = attended->pages,
              .mass = attention_.row(*attended, scope),
              .query_rows = attended->query_rows});
    }
  }
  observe_event(event);
}

void AttentionPolicy::do_score(std::int32_t scope, std::span<const UnitView> candidates,
                               std::span<float> keep) const {
  prepare(scope, candidates);
  const std::int32_t recent = next_position_ - common_.recent_tokens;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TokenSpan span = candidates[i].span;
    const bool is_protected =
        span.end() > recent || (common_.protect_prompt && prompt_.covers(span));
    keep[i] =
        is_protected ? std::numeric_limits<float>::infinity() : keep_score(scope, candidates[i].id);
  }
}

AttentionPolicy::Common common_of(const Params& params, std::int32_t recent_tokens) {
  return {.sharing = sharing_named(params.text(kSharingParam)),
          .group = group_mass_named(params.text(kGroupParam)),
          .recent_tokens = recent_tokens,
          .protect_prompt = params.flag(kPromptParam)};
}

}  // namespace pagequest::kv
