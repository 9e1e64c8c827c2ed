// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/attention_policy.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <variant>

#include "engine/kv/policies/id_runs.h"

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
  const auto average = std::exchange(average_, {});
  for (std::int32_t scope = 0; scope < scopes; ++scope) {
    attend({.scope = scope,
            .pages = attended.pages,
            .mass = average.empty() ? attention_.row(attended, scope) : average,
            .query_rows = attended.query_rows,
            .runs = runs_});
  }
}

void AttentionPolicy::find_runs(std::span<const std::int32_t> pages) {
  runs_.clear();
  if (runs_.capacity() < pages.size()) runs_.reserve(2 * pages.size());  // however they break up
  for_each_run(pages, std::identity{}, [&](std::size_t at, std::size_t count) {
    runs_.push_back({.at = at, .page = static_cast<std::size_t>(pages[at]), .count = count});
  });
}

void AttentionPolicy::spread(const Attended& attended, std::span<float> row) const {
  auto end = row.begin();  // of what is written
  for (const PageRun& run : attended.runs) {
    const auto first = row.begin() + static_cast<std::ptrdiff_t>(run.page);
    const auto from = attended.mass.begin() + static_cast<std::ptrdiff_t>(run.at);
    std::fill(end, first, 0.0F);
    end = std::copy_n(from, run.count, first);
  }
  std::fill(end, row.end(), 0.0F);
}

void AttentionPolicy::do_score(std::int32_t scope, std::span<const UnitView> candidates,
                               std::span<float> keep) const {
  prepare(scope, candidates);
  keep_scores(scope, candidates, keep);
  if (common_.recent_tokens == 0 && !common_.protect_prompt) return;
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
