// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/query_cosine.h"

#include <cmath>
#include <cstddef>

namespace pagequest::runtime {
namespace {

double cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0.0;
  double a_squares = 0.0;
  double b_squares = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    product += x * y;
    a_squares += x * x;
    b_squares += y * y;
  }
  const double lengths = std::sqrt(a_squares) * std::sqrt(b_squares);
  return lengths > 0.0 ? product / lengths : 0.0;
}

}  // namespace

std::vector<float> query_cosine(std::span<const float> before, std::span<const float> now,
                                const model::ModelConfig& model) {
  if (before.empty() || now.empty()) return {};
  const auto head_dim = static_cast<std::size_t>(model.head_dim);
  const auto group = static_cast<std::size_t>(model.query_heads / model.kv_heads);
  std::vector<float> means;
  for (std::size_t first = 0; first < now.size(); first += group * head_dim) {
    double sum = 0.0;
    for (std::size_t head = 0; head < group; ++head) {
      const std::size_t at = first + head * head_dim;
      sum += cosine(before.subspan(at, head_dim), now.subspan(at, head_dim));
    }
    means.push_back(static_cast<float>(sum / static_cast<double>(group)));
  }
  return means;
}

}  // namespace pagequest::runtime
