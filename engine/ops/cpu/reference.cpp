// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cpu/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace pagequest::ops::reference {

std::vector<double> linear(std::span<const float> x, std::span<const float> weights,
                           std::int64_t rows, std::int64_t inputs, std::int64_t outputs) {
  std::vector<double> y;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t output = 0; output < outputs; ++output) {
      double sum = 0.0;
      for (std::int64_t k = 0; k < inputs; ++k) {
        sum += static_cast<double>(x[static_cast<std::size_t>(row * inputs + k)]) *
               weights[static_cast<std::size_t>(output * inputs + k)];
      }
      y.push_back(sum);
    }
  }
  return y;
}

std::vector<double> rms_norm(std::span<const float> x, std::span<const float> weight,
                             double epsilon) {
  double squares = 0.0;
  for (const double value : x) squares += value * value;
  const double norm = std::sqrt(squares / static_cast<double>(x.size()) + epsilon);
  std::vector<double> out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    out.push_back(static_cast<double>(x[i]) / norm * weight[i]);
  }
  return out;
}

std::vector<double> rope(std::span<const float> x, std::int64_t position, double theta) {
  const std::size_t half = x.size() / 2;
  std::vector<double> out(x.size());
  for (std::size_t i = 0; i < half; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(x.size());
    const float frequency = 1.0F / static_cast<float>(std::pow(theta, exponent));
    const double angle = static_cast<float>(position) * frequency;
    const double a = x[i];
    const double b = x[i + half];
    out[i] = a * std::cos(angle) - b * std::sin(angle);
    out[i + half] = b * std::cos(angle) + a * std::sin(angle);
  }
  return out;
}

std::vector<double> swiglu(std::span<const float> gate_up) {
  const std::size_t width = gate_up.size() / 2;
  std::vector<double> out;
  for (std::size_t i = 0; i < width; ++i) {
    const double gate = gate_up[i];
    out.push_back(gate / (1.0 + std::exp(-gate)) * gate_up[width + i]);
  }
  return out;
}

std::vector<double> clamped_swiglu(std::span<const float> gate_up) {
  const std::size_t width = gate_up.size() / 2;
  std::vector<double> out;
  for (std::size_t i = 0; i < width; ++i) {
    const double gate = std::min<double>(gate_up[i], 7.0);
    const double up = std::clamp<double>(gate_up[width + i], -7.0, 7.0);
    out.push_back(gate / (1.0 + std::exp(-1.702 * gate)) * (up + 1.0));
  }
  return out;
}

double largest_product(std::span<const float> query, std::span<const float> lowest,
                       std::span<const float> highest) {
  double sum = 0.0;
  for (std::size_t d = 0; d < query.size(); ++d) {
    const double q = query[d];
    sum += std::max(q * lowest[d], q * highest[d]);
  }
  return sum;
}

Attended attention(std::span<const float> query, std::span<const float> keys,
                   std::span<const float> values, const std::vector<bool>& visible, double scale,
                   std::optional<double> sink) {
  const std::size_t head_dim = query.size();
  Attended result{std::vector<double>(head_dim), std::vector<double>(visible.size())};
  double largest = sink.value_or(-std::numeric_limits<double>::infinity());
  for (std::size_t t = 0; t < visible.size(); ++t) {
    double score = 0.0;
    for (std::size_t d = 0; d < head_dim; ++d) {
      score += static_cast<double>(query[d]) * keys[t * head_dim + d];
    }
    result.weights[t] = score * scale;
    if (visible[t]) largest = std::max(largest, score * scale);
  }
  double total = sink ? std::exp(*sink - largest) : 0.0;
  for (std::size_t t = 0; t < visible.size(); ++t) {
    result.weights[t] = visible[t] ? std::exp(result.weights[t] - largest) : 0.0;
    total += result.weights[t];
  }
  for (std::size_t t = 0; t < visible.size(); ++t) {
    result.weights[t] /= total;
    for (std::size_t d = 0; d < head_dim; ++d) {
      result.output[d] += result.weights[t] * values[t * head_dim + d];
    }
  }
  return result;
}

}  // namespace pagequest::ops::reference
