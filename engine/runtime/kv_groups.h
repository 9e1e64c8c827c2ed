// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/model/model_config.h"

namespace pagequest::runtime {

/// Which layers and KV heads share a page table.
enum class KvTables : std::uint8_t {
  shared,     // all heads of all layers of one attention kind: for policies that drop whole tokens
  per_layer,  // each layer has its own: for policies that choose per layer
  per_head,   // each (layer, KV head) has its own: for policies that choose per head
};

[[nodiscard]] std::string_view to_string(KvTables tables);
/// Throws usage_error that lists the valid names.
[[nodiscard]] KvTables kv_tables_named(std::string_view name);

/// Layers and KV heads whose pages are allocated, dropped and freed together.
struct KvGroup {
  std::vector<std::int32_t> layers;    // ascending
  std::vector<std::int32_t> kv_heads;  // ascending
  std::int32_t window = 0;             // tokens that a query sees, 0: all
};

/// The groups of a model. All have the same number of (layer, KV head) planes, so a physical page
/// of any group takes the same bytes and one pool serves all: where a model mixes full and
/// sliding-window layers, a group takes as many layers as divide both counts.
class KvGroups {
 public:
  KvGroups(const model::ModelConfig& config, KvTables tables);

  [[nodiscard]] const std::vector<KvGroup>& groups() const { return groups_; }
  [[nodiscard]] std::int32_t count() const { return static_cast<std::int32_t>(groups_.size()); }
  [[nodiscard]] std::int32_t group_of(std::int32_t layer, std::int32_t kv_head) const {
    return group_[index(layer, kv_head)];
  }
  /// Of the layer's KV heads, or of one unless it is -1; each group once, ascending.
  [[nodiscard]] std::vector<std::int32_t> groups_of(std::int32_t layer, std::int32_t kv_head) const;
  /// Index of (layer, KV head) within its group's planes: layer by layer.
  [[nodiscard]] std::int32_t plane_of(std::int32_t layer, std::int32_t kv_head) const {
    return plane_[index(layer, kv_head)];
  }
  /// (layer, KV head) planes of every group.
  [[nodiscard]] std::int32_t planes() const { return planes_; }
  /// The largest window of a group, 0 if one sees all.
  [[nodiscard]] std::int32_t widest_window() const { return widest_window_; }
  [[nodiscard]] bool has_windows() const { return has_windows_; }

 private:
  [[nodiscard]] std::size_t index(std::int32_t layer, std::int32_t kv_head) const {
    return static_cast<std::size_t>(layer) * static_cast<std::size_t>(kv_heads_) +
           static_cast<std::size_t>(kv_head);
  }

  std::int32_t kv_heads_ = 0;
  std::int32_t planes_ = 0;
  std::int32_t widest_window_ = 0;
  bool has_windows_ = false;
  std::vector<KvGroup> groups_;
  std::vector<std::int32_t> group_;  // (layer, KV head)
  std::vector<std::int32_t> plane_;  // (layer, KV head)
};

}  // namespace pagequest::runtime
