// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace pagequest::kv {

/// One KV head of one layer.
struct KvHead {
  std::int32_t layer = 0;
  std::int32_t kv_head = 0;
  constexpr auto operator<=>(const KvHead&) const = default;
};

/// Which part of a full cache a decode step reads. Each KV head attends to the pages whose keys
/// have the largest upper bounds (ops::PageBoundArgs); prefills read everything.
struct ReadSelection {
  std::int32_t pages = 1;             // that a head chooses when it ranks
  std::int32_t dense_layers = 0;      // first layers, which read everything
  bool last_page_always = true;       // as one of `pages`; else it competes as any other does
  std::int32_t rerank_steps = 1;      // decode steps from one ranking of a stable head to the next
  double unstable_share = 0.0;        // of the heads, evenly spread; without a list
  std::vector<KvHead> unstable = {};  // that rank at each step; ascending
};

}  // namespace pagequest::kv
