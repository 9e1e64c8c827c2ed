// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/attention_policy.h"

#include <limits>
#include <string>
#include <variant>

#include "base/error.h"

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
    return;
  }
  observe_other(event);
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

namespace {

[[noreturn]] void throw_out_of_range(std::string_view policy, std::string_view name,
                                     const std::string& found, const std::string& expected) {
  throw usage_error({.what = "bad value for parameter `" + std::string(name) + "`",
                     .where = std::string(policy),
                     .found = found,
                     .expected = expected,
                     .hint = {}});
}

}  // namespace

std::int32_t integer_in(const Params& params, std::string_view policy, std::string_view name,
                        std::int64_t least, std::int64_t most) {
  const std::int64_t value = params.integer(name);
  if (value < least || value > most) {
    throw_out_of_range(policy, name, std::to_string(value),
                       std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::int32_t>(value);
}

double real_in(const Params& params, std::string_view policy, std::string_view name, double least,
               double most) {
  const double value = params.real(name);
  if (!(value >= least && value <= most)) {
    throw_out_of_range(policy, name, to_text(value), to_text(least) + " to " + to_text(most));
  }
  return value;
}

}  // namespace pagequest::kv
