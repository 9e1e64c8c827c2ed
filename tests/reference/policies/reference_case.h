// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "engine/kv/eviction_policy.h"

namespace pagequest::testing {

using Tokens = std::vector<std::int32_t>;
/// Sequence length at a decision -> (scope): positions that went, ascending. Decisions that drop
/// nothing are left out.
using Dropped = std::map<std::int32_t, std::vector<Tokens>>;

/// Random queries and keys, as after the rotary embedding.
struct ReferenceInput {
  kv::KvShape shape;
  std::int32_t group;  // query heads of a KV head
  std::int32_t tokens;
  std::int32_t head_dim;
  std::vector<float> queries;  // (layer, query head, token, component)
  std::vector<float> keys;     // (layer, KV head, token, component)

  /// `plane` counts KV heads layer by layer.
  [[nodiscard]] std::span<const float> key(std::int32_t plane, std::int32_t token) const;
  /// (key): softmax(q k / sqrt(head_dim)) over the tokens `keys` for query head `member` of the
  /// plane's group; 0 for keys behind the query.
  [[nodiscard]] std::vector<float> attention(std::int32_t plane, std::int32_t member,
                                             std::int32_t query, const Tokens& keys) const;
};

/// What a published implementation did with an input (repositories.json names it, its commit and
/// its parameters).
struct ReferenceCase {
  ReferenceInput input;
  std::int32_t prompt;  // tokens of the first forward pass; the others come one by one
  std::int32_t tokens;  // with all of these
  Dropped dropped;
};

/// Throws on names that the file lacks.
[[nodiscard]] ReferenceCase reference_case(std::string_view name);

}  // namespace pagequest::testing
