// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/scope_attention.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/params.h"
#include "engine/kv/loops/loops.h"
#include "engine/kv/reused_memory.h"

namespace pagequest::kv {
namespace {

constexpr float kUnseen = -1.0F;

/// First listed page that the plane sees.
std::size_t first_seen(const PagesAttended& attended, std::size_t plane) {
  const std::size_t layer = plane / static_cast<std::size_t>(std::max(1, attended.kv_heads));
  if (layer >= attended.first_page.size()) return 0;
  return static_cast<std::size_t>(std::max(0, attended.first_page[layer]));
}

bool all_seen(const PagesAttended& attended, std::size_t first_plane, std::size_t planes) {
  for (std::size_t plane = first_plane; plane < first_plane + planes; ++plane) {
    if (first_seen(attended, plane) > 0) return false;
  }
  return planes > 0;
}

}  // namespace

GroupMass group_mass_named(std::string_view name) {
  if (name == "mean") return GroupMass::mean;
  if (name == "max") return GroupMass::max;
  throw_unknown_name("reduction over the query heads of a group", name, {"max", "mean"});
}

std::span<const float> ScopeAttention::row(const PagesAttended& attended, std::int32_t scope) {
  const auto heads = static_cast<std::size_t>(std::max(1, attended.kv_heads));
  const auto number = static_cast<std::size_t>(scope);
  const std::size_t pages = attended.pages.size();
  const std::size_t planes = pages == 0 ? 0 : attended.mean.size() / pages;
  if (sharing_ == Sharing::all) return average(attended, 0, planes);
  if (sharing_ == Sharing::layer) return average(attended, number * heads, heads);
  if (first_seen(attended, number) > 0) return average(attended, number, 1);
  const auto& masses = group_ == GroupMass::max ? attended.max : attended.mean;
  return masses.subspan(number * pages, pages);
}

std::span<const float> ScopeAttention::average(const PagesAttended& attended,
                                               std::size_t first_plane, std::size_t planes) {
  const std::size_t pages = attended.pages.size();
  const auto& masses = group_ == GroupMass::max ? attended.max : attended.mean;
  assign_in_place(sums_, pages, 0.0);
  row_.resize(pages);
  const bool all_see = all_seen(attended, first_plane, planes);
  if (!all_see) return average_of_seeing(attended, first_plane, planes);
  loops().add_rows(masses.data() + first_plane * pages, planes, pages, sums_.data());
  const auto count = static_cast<double>(planes);
  for (std::size_t i = 0; i < pages; ++i) row_[i] = static_cast<float>(sums_[i] / count);
  return row_;
}

std::span<const float> ScopeAttention::average_of_seeing(const PagesAttended& attended,
                                                         std::size_t first_plane,
                                                         std::size_t planes) {
  const std::size_t pages = attended.pages.size();
  const auto& masses = group_ == GroupMass::max ? attended.max : attended.mean;
  assign_in_place(seeing_, pages, 0);
  for (std::size_t plane = first_plane; plane < first_plane + planes; ++plane) {
    const auto from = masses.subspan(plane * pages, pages);
    for (std::size_t i = std::min(first_seen(attended, plane), pages); i < pages; ++i) {
      sums_[i] += static_cast<double>(from[i]);
      ++seeing_[i];
    }
  }
  for (std::size_t i = 0; i < pages; ++i) {
    row_[i] = seeing_[i] == 0 ? kUnseen : static_cast<float>(sums_[i] / seeing_[i]);
  }
  return row_;
}

}  // namespace pagequest::kv
