// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/team.h"

#include <algorithm>
#include <cstddef>

namespace pagequest::runtime {
namespace {

void add_bias(const std::vector<float>& bias, const ProductRows& rows, std::int64_t first,
              std::int64_t end) {
  const std::int64_t last = std::min(end, static_cast<std::int64_t>(bias.size()));
  for (std::int64_t row = 0; row < rows.rows; ++row) {
    float* y = rows.y + row * rows.y_stride;
    for (std::int64_t i = first; i < last; ++i) y[i] += bias[static_cast<std::size_t>(i)];
  }
}

}  // namespace

void multiply_panels(const Team& team, const ops::PackedMatrix& matrix,
                     const std::vector<float>& bias, const ProductRows& rows,
                     std::int64_t first_panel, std::int64_t end_panel, std::int64_t worker) {
  const std::int64_t column = first_panel * ops::kPanelColumns;
  team.kernels.linear({.x = rows.x,
                       .rows = rows.rows,
                       .x_stride = rows.x_stride,
                       .type = matrix.type(),
                       .panels = matrix.panels() + first_panel * matrix.panel_bytes(),
                       .scales = matrix.scales() + first_panel * matrix.panel_scale_bytes(),
                       .panel_stride = matrix.panel_bytes(),
                       .scale_stride = matrix.panel_scale_bytes(),
                       .inputs = matrix.inputs(),
                       .panel_count = end_panel - first_panel,
                       .y = rows.y + column,
                       .y_stride = rows.y_stride,
                       .accumulate = rows.write == Write::add,
                       .precise = rows.precise,
                       .scratch = team.linear_scratch(worker)});
  if (!bias.empty()) add_bias(bias, rows, column, end_panel * ops::kPanelColumns);
}

namespace {

/// Fewer rows read the weights at the memory's speed, in one long stretch a thread; more compute,
/// and small parts keep the threads busy to the end.
constexpr std::int64_t kManyRows = 8;
constexpr std::int64_t kPartsEach = 4;  // of a thread

ProductRows rows_of(const ProductRows& all, std::int64_t first, std::int64_t end) {
  ProductRows rows = all;
  rows.x += first * all.x_stride;
  rows.y += first * all.y_stride;
  rows.rows = end - first;
  return rows;
}

}  // namespace

std::int64_t product_parts(const Team& team, std::int64_t panels, std::int64_t rows) {
  const std::int64_t threads = team.pool.threads();
  if (threads == 1) return 1;
  return std::min(panels, threads * (rows < kManyRows ? 1 : kPartsEach));
}

void multiply(const Team& team, const ops::PackedMatrix& matrix, const std::vector<float>& bias,
              const ProductRows& rows) {
  if (rows.rows == 0) return;
  // A kernel prepares its rows in every call: cutting long products along their rows first leaves
  // few calls for a row.
  const std::int64_t threads = team.pool.threads();
  const std::int64_t blocks =
      threads == 1 ? 1 : (rows.rows + ops::kLinearRows - 1) / ops::kLinearRows;
  const std::int64_t panels = matrix.panel_count();
  const std::int64_t cuts =
      std::max<std::int64_t>(1, product_parts(team, panels, rows.rows) / blocks);
  team.pool.run(blocks * cuts, [&](std::int64_t part, std::int64_t worker) {
    const std::int64_t cut = part / blocks;
    const std::int64_t block = part % blocks;
    multiply_panels(team, matrix, bias,
                    rows_of(rows, rows.rows * block / blocks, rows.rows * (block + 1) / blocks),
                    panels * cut / cuts, panels * (cut + 1) / cuts, worker);
  });
}

}  // namespace pagequest::runtime
