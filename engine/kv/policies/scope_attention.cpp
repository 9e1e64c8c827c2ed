// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/scope_attention.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/params.h"

namespace pagequest::kv {
namespace {

constexpr float kUnseen = -1.0F;

/// First listed page that the plane sees.
std::size_t first_seen(const PagesAttended& attended, std::size_t plane) {
  const std::size_t layer = plane / static_cast<std::size_t>(std::max(1, attended.kv_heads));
  if (layer >= attended.first_page.size()) return 0;
  return static_cast<std::size_t>(std::max(0, attended.first_page[layer]));
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
  sums_.assign(pages, 0.0);
  seeing_.assign(pages, 0);
  for (std::size_t plane = first_plane; plane < first_plane + planes; ++plane) {
    const auto from = masses.subspan(plane * pages, pages);
    for (std::size_t i = std::min(first_seen(attended, plane), pages); i < pages; ++i) {
      sums_[i] += static_cast<double>(from[i]);
      ++seeing_[i];
    }
  }
  row_.resize(pages);
  for (std::size_t i = 0; i < pages; ++i) {
    row_[i] = seeing_[i] == 0 ? kUnseen : static_cast<float>(sums_[i] / seeing_[i]);
  }
  return row_;
}

}  // namespace pagequest::kv
