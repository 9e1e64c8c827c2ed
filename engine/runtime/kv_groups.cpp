// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/kv_groups.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <numeric>
#include <string>

#include "base/params.h"

namespace pagequest::runtime {
namespace {

constexpr std::array kKvTables = {KvTables::shared, KvTables::per_layer, KvTables::per_head};

/// Layers by their window, each list ascending.
std::map<std::int32_t, std::vector<std::int32_t>> layers_by_window(
    const model::ModelConfig& config) {
  std::map<std::int32_t, std::vector<std::int32_t>> layers;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    layers[config.window(layer)].push_back(layer);
  }
  return layers;
}

std::vector<std::int32_t> numbers_below(std::int32_t count) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// Equal parts of the layers of each window, in the order of their first layers.
std::vector<KvGroup> shared_groups(const model::ModelConfig& config) {
  const auto by_window = layers_by_window(config);
  std::size_t part = 0;
  for (const auto& [window, layers] : by_window) part = std::gcd(part, layers.size());
  std::vector<KvGroup> groups;
  for (const auto& [window, layers] : by_window) {
    for (std::size_t first = 0; first < layers.size(); first += part) {
      const auto begin = layers.begin() + static_cast<std::ptrdiff_t>(first);
      groups.push_back({.layers = {begin, begin + static_cast<std::ptrdiff_t>(part)},
                        .kv_heads = numbers_below(config.kv_heads),
                        .window = window});
    }
  }
  std::sort(groups.begin(), groups.end(),
            [](const KvGroup& a, const KvGroup& b) { return a.layers.front() < b.layers.front(); });
  return groups;
}

std::vector<KvGroup> layer_groups(const model::ModelConfig& config) {
  std::vector<KvGroup> groups;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    groups.push_back({.layers = {layer},
                      .kv_heads = numbers_below(config.kv_heads),
                      .window = config.window(layer)});
  }
  return groups;
}

std::vector<KvGroup> head_groups(const model::ModelConfig& config) {
  std::vector<KvGroup> groups;
  for (std::int32_t layer = 0; layer < config.layers; ++layer) {
    for (std::int32_t head = 0; head < config.kv_heads; ++head) {
      groups.push_back({.layers = {layer}, .kv_heads = {head}, .window = config.window(layer)});
    }
  }
  return groups;
}

std::vector<KvGroup> groups_for(const model::ModelConfig& config, KvTables tables) {
  if (tables == KvTables::shared) return shared_groups(config);
  return tables == KvTables::per_layer ? layer_groups(config) : head_groups(config);
}

}  // namespace

std::string_view to_string(KvTables tables) {
  constexpr std::array<std::string_view, kKvTables.size()> kNames = {"shared", "per_layer",
                                                                     "per_head"};
  return kNames.at(static_cast<std::size_t>(tables));
}

KvTables kv_tables_named(std::string_view name) {
  return value_named("KV tables", name, kKvTables);
}

KvGroups::KvGroups(const model::ModelConfig& config, KvTables tables)
    : kv_heads_(config.kv_heads),
      groups_(groups_for(config, tables)),
      group_(static_cast<std::size_t>(config.layers * config.kv_heads)),
      plane_(group_.size()) {
  planes_ = static_cast<std::int32_t>(groups_[0].layers.size() * groups_[0].kv_heads.size());
  for (std::int32_t group = 0; group < count(); ++group) {
    std::int32_t plane = 0;
    const KvGroup& members = groups_[static_cast<std::size_t>(group)];
    for (const std::int32_t layer : members.layers) {
      for (const std::int32_t head : members.kv_heads) {
        group_[index(layer, head)] = group;
        plane_[index(layer, head)] = plane++;
      }
    }
  }
  widest_window_ = groups_[0].window;
  for (const KvGroup& group : groups_) {
    const bool all = widest_window_ == 0 || group.window == 0;
    widest_window_ = all ? 0 : std::max(widest_window_, group.window);
    has_windows_ = has_windows_ || group.window > 0;
  }
}

std::vector<std::int32_t> KvGroups::groups_of(std::int32_t layer, std::int32_t kv_head) const {
  if (kv_head >= 0) return {group_of(layer, kv_head)};
  std::vector<std::int32_t> groups;
  for (std::int32_t head = 0; head < kv_heads_; ++head) {
    const std::int32_t group = group_of(layer, head);
    if (groups.empty() || groups.back() != group) groups.push_back(group);
  }
  return groups;
}

}  // namespace pagequest::runtime
