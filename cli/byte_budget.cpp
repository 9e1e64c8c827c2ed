// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/byte_budget.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "engine/ops/cpu/kv_layout.h"

namespace pagequest::cli {

std::int64_t kv_bytes_of_token(const runtime::EngineConfig& engine,
                               const model::ModelConfig& model) {
  const ops::KvLayout layout = runtime::layout_of(engine, model);
  const std::int64_t scales = layout.type == ops::KvType::int8 ? 2 * sizeof(float) : 0;
  const std::int64_t of_head = 2 * layout.head_dim * layout.element_bytes() + scales;
  return of_head * model.layers * model.kv_heads;
}

std::int32_t tokens_in_budget(std::int64_t budget_bytes, std::int32_t budget_tokens,
                              std::int64_t bytes_of_token) {
  const std::string found = std::to_string(budget_bytes) + " bytes";
  if (budget_tokens != 0) {
    throw usage_error({.what = "two budgets",
                       .where = "--budget and --budget-bytes",
                       .found = std::to_string(budget_tokens) + " tokens and " + found,
                       .expected = "one of them",
                       .hint = "leave one out"});
  }
  const std::int64_t tokens = budget_bytes / bytes_of_token;
  if (tokens >= 1 && tokens <= std::numeric_limits<std::int32_t>::max()) {
    return static_cast<std::int32_t>(tokens);
  }
  throw usage_error({.what = "a budget that no sequence can have",
                     .where = "--budget-bytes",
                     .found = found,
                     .expected = "at least one token's keys and values, " +
                                 std::to_string(bytes_of_token) + " bytes, at most 2^31 tokens'",
                     .hint = "the budget is of one sequence, over all layers and heads"});
}

}  // namespace pagequest::cli
