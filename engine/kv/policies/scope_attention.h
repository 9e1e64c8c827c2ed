// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/events.h"
#include "engine/kv/eviction_policy.h"

namespace pagequest::kv {

/// How the query heads that share a KV head become one row: TOVA and kvpress take the mean, DiffKV
/// and FlexiCache the maximum.
enum class GroupMass : std::uint8_t { mean, max };

/// Throws usage_error that lists the valid names.
[[nodiscard]] GroupMass group_mass_named(std::string_view name);

/// The attention of a step as a scope sees it. A head's row is its own; rows of several heads are
/// averaged, over the layers that see a page: lying outside of the windows of others, which do not
/// keep it anyway, is no reason to drop it.
class ScopeAttention {
 public:
  ScopeAttention(Sharing sharing, GroupMass group) : sharing_(sharing), group_(group) {}

  [[nodiscard]] std::int32_t scopes(const PagesAttended& attended) const {
    return scope_count(sharing_, {.layers = attended.layers, .kv_heads = attended.kv_heads});
  }

  /// (listed page): the scope's mass; below 0 where none of its layers sees the page. Valid until
  /// the next call.
  [[nodiscard]] std::span<const float> row(const PagesAttended& attended, std::int32_t scope);

 private:
  [[nodiscard]] std::span<const float> average(const PagesAttended& attended,
                                               std::size_t first_plane, std::size_t planes);
  /// The same where a plane does not see all pages.
  [[nodiscard]] std::span<const float> average_of_seeing(const PagesAttended& attended,
                                                         std::size_t first_plane,
                                                         std::size_t planes);

  Sharing sharing_;
  GroupMass group_;
  std::vector<float> row_;
  std::vector<double> sums_;
  std::vector<std::int32_t> seeing_;
};

}  // namespace pagequest::kv
