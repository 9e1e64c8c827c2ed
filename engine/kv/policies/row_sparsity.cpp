// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/policies/row_sparsity.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/error.h"
#include "engine/kv/loops/loops.h"

namespace pagequest::kv {
namespace {

double sparsity_of(std::span<const float> row) {
  if (row.empty()) return 0.0;
  const float bar = kSparseShare * loops().largest(row.data(), row.size());
  const std::size_t below = row.size() - loops().count_from(row.data(), row.size(), bar);
  return static_cast<double>(below) / static_cast<double>(row.size());
}

/// Mean over the layer's KV heads.
double layer_sparsity(const PagesAttended& attended, std::int32_t layer) {
  const auto number = static_cast<std::size_t>(layer);
  const auto heads = static_cast<std::size_t>(attended.kv_heads);
  const std::size_t pages = attended.pages.size();
  const std::size_t unseen =
      attended.first_page.empty() ? 0 : static_cast<std::size_t>(attended.first_page[number]);
  double sum = 0.0;
  for (std::size_t head = 0; head < heads; ++head) {
    const auto row = attended.mean.subspan((number * heads + head) * pages, pages);
    sum += sparsity_of(row.subspan(std::min(unseen, pages)));
  }
  return sum / static_cast<double>(heads);
}

}  // namespace

double row_sparsity(const PagesAttended& attended, std::span<const std::int32_t> layers) {
  double sum = 0.0;
  for (const std::int32_t layer : layers) {
    if (layer >= attended.layers) {
      throw usage_error({.what = "the model has no such layer",
                         .where = "parameter `layers`",
                         .found = std::to_string(layer),
                         .expected = "0 to " + std::to_string(attended.layers - 1),
                         .hint = {}});
    }
    sum += layer_sparsity(attended, layer);
  }
  if (!layers.empty()) return sum / static_cast<double>(layers.size());
  for (std::int32_t layer = 0; layer < attended.layers; ++layer) {
    sum += layer_sparsity(attended, layer);
  }
  return sum / static_cast<double>(attended.layers);
}

}  // namespace pagequest::kv
