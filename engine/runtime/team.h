// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/weights.h"
#include "engine/ops/cpu/kernels.h"
#include "engine/ops/cpu/thread_pool.h"
#include "engine/runtime/workspace.h"

namespace pagequest::runtime {

/// Threads that share the operations of one tile: one thread where whole tiles are handed out, all
/// threads where a model's weights are too large to be read by each thread for itself.
struct Team {
  ops::ThreadPool& pool;
  const ops::Kernels& kernels;
  std::vector<Scratch>& scratch;  // (worker)

  [[nodiscard]] float* linear_scratch(std::int64_t worker) const {
    return scratch[static_cast<std::size_t>(worker)].linear.data();
  }
};

enum class Write : std::uint8_t { replace, add };

/// Rows of x and y of a matrix product.
struct ProductRows {
  const float* x;
  std::int64_t x_stride;
  std::int64_t rows;
  float* y;
  std::int64_t y_stride;
  Write write;
  bool precise = false;  // see ops::LinearArgs
};

/// Outputs of the panels [first_panel, end_panel), bias included, on the calling thread.
void multiply_panels(const Team& team, const ops::PackedMatrix& matrix,
                     const std::vector<float>& bias, const ProductRows& rows,
                     std::int64_t first_panel, std::int64_t end_panel, std::int64_t worker);

/// Parts of about equal size that a product over `rows` rows is cut into along its outputs.
[[nodiscard]] std::int64_t product_parts(const Team& team, std::int64_t panels, std::int64_t rows);

/// y = x * matrix + bias (+ y), cut along outputs and rows over the team's threads.
void multiply(const Team& team, const ops::PackedMatrix& matrix, const std::vector<float>& bias,
              const ProductRows& rows);

/// Calls task(first, end, worker) for consecutive parts of [0, rows), over the team's threads when
/// there are enough rows to be worth it.
template <class F>
void for_rows(const Team& team, std::int64_t rows, const F& task) {
  constexpr std::int64_t kRows = 16;
  const std::int64_t parts = team.pool.threads() == 1 ? 1 : (rows + kRows - 1) / kRows;
  team.pool.run(parts, [&](std::int64_t part, std::int64_t worker) {
    task(rows * part / parts, rows * (part + 1) / parts, worker);
  });
}

}  // namespace pagequest::runtime
