// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/eviction_policy.h"

#include <array>

#include "base/params.h"

namespace pagequest::kv {
namespace {

constexpr std::array kSharings = {Sharing::all, Sharing::layer, Sharing::head};
constexpr std::array kPositions = {Positions::original, Positions::compact};

}  // namespace

std::string_view to_string(Sharing sharing) {
  constexpr std::array<std::string_view, kSharings.size()> kNames = {"all", "layer", "head"};
  return kNames.at(static_cast<std::size_t>(sharing));
}

Sharing sharing_named(std::string_view name) { return value_named("sharing", name, kSharings); }

std::string_view to_string(Positions positions) {
  constexpr std::array<std::string_view, kPositions.size()> kNames = {"original", "compact"};
  return kNames.at(static_cast<std::size_t>(positions));
}

Positions positions_named(std::string_view name) {
  return value_named("positions", name, kPositions);
}

std::int32_t scope_count(Sharing sharing, const KvShape& shape) {
  if (sharing == Sharing::all) return 1;
  return sharing == Sharing::layer ? shape.layers : shape.layers * shape.kv_heads;
}

Scope scope_at(Sharing sharing, const KvShape& shape, std::int32_t number) {
  if (sharing == Sharing::all) return {};
  if (sharing == Sharing::layer) return {.layer = number, .kv_head = -1};
  return {.layer = number / shape.kv_heads, .kv_head = number % shape.kv_heads};
}

std::int32_t scope_number(Sharing sharing, const KvShape& shape, const Scope& scope) {
  const bool has_layer = scope.layer >= 0 && scope.layer < shape.layers;
  const bool has_head = scope.kv_head >= 0 && scope.kv_head < shape.kv_heads;
  if (sharing == Sharing::all) return scope == Scope{} ? 0 : -1;
  if (sharing == Sharing::layer) return has_layer && scope.kv_head == -1 ? scope.layer : -1;
  return has_layer && has_head ? scope.layer * shape.kv_heads + scope.kv_head : -1;
}

}  // namespace pagequest::kv
