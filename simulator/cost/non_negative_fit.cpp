// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/non_negative_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

namespace pagequest::simulator {
namespace {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

/// Normal equations of the rows over their values, columns scaled to length 1.
struct NormalEquations {
  Matrix gram;
  Vector right;
  Vector scale;
};

NormalEquations normal_equations(const std::vector<LinearRow>& rows) {
  const std::size_t n = rows.front().terms.size();
  NormalEquations out{Matrix(n, Vector(n, 0.0)), Vector(n, 0.0), Vector(n, 1.0)};
  for (std::size_t j = 0; j < n; ++j) {
    double square = 0.0;
    for (const auto& row : rows) square += std::pow(row.terms[j] / row.value, 2);
    if (square > 0.0) out.scale[j] = 1.0 / std::sqrt(square);
  }
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < n; ++i) {
      const double a = row.terms[i] / row.value * out.scale[i];
      out.right[i] += a;
      for (std::size_t j = 0; j < n; ++j) {
        out.gram[i][j] += a * row.terms[j] / row.value * out.scale[j];
      }
    }
  }
  // Keeps columns that say the same apart: too little to be seen in any coefficient that matters.
  for (std::size_t i = 0; i < n; ++i) out.gram[i][i] += 1e-12;
  return out;
}

/// Solves the equations of `free` coefficients by Cholesky's method.
Vector solve(const NormalEquations& equations, const std::vector<std::size_t>& free) {
  const std::size_t n = free.size();
  Matrix lower(n, Vector(n, 0.0));
  Vector out(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = equations.gram[free[i]][free[j]];
      for (std::size_t k = 0; k < j; ++k) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(std::max(sum, 1e-14)) : sum / lower[j][j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    double sum = equations.right[free[i]];
    for (std::size_t k = 0; k < i; ++k) sum -= lower[i][k] * out[k];
    out[i] = sum / lower[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) out[i] -= lower[k][i] * out[k];
    out[i] /= lower[i][i];
  }
  return out;
}

/// The coefficient held at 0 that would lower the error fastest; none: n.
std::size_t steepest(const NormalEquations& equations, const Vector& x,
                     const std::vector<bool>& is_free) {
  constexpr double kTolerance = 1e-11;
  std::size_t best = x.size();
  double most = kTolerance;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (is_free[i]) continue;
    double slope = equations.right[i];
    for (std::size_t j = 0; j < x.size(); ++j) slope -= equations.gram[i][j] * x[j];
    if (slope > most) {
      most = slope;
      best = i;
    }
  }
  return best;
}

/// Moves x to the solution of the free coefficients, holding those at 0 that turn negative.
void settle(const NormalEquations& equations, Vector& x, std::vector<bool>& is_free) {
  for (;;) {
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (is_free[i]) free.push_back(i);
    }
    const Vector target = solve(equations, free);
    double step = 1.0;
    for (std::size_t k = 0; k < free.size(); ++k) {
      if (target[k] > 0.0) continue;
      step = std::min(step, x[free[k]] / (x[free[k]] - target[k]));
    }
    for (std::size_t k = 0; k < free.size(); ++k) {
      double& value = x[free[k]];
      value += step * (target[k] - value);
      if (step < 1.0 && value <= 1e-15) {
        value = 0.0;
        is_free[free[k]] = false;
      }
    }
    if (step >= 1.0) return;
  }
}

}  // namespace

std::vector<double> fit_non_negative(const std::vector<LinearRow>& rows) {
  if (rows.empty()) return {};
  const NormalEquations equations = normal_equations(rows);
  Vector x(equations.right.size(), 0.0);
  std::vector<bool> is_free(x.size(), false);
  // Each round lowers the error, so none comes back; the bound is against rounding.
  for (std::size_t round = 0; round < 3 * x.size() + 10; ++round) {
    const std::size_t next = steepest(equations, x, is_free);
    if (next == x.size()) break;
    is_free[next] = true;
    settle(equations, x, is_free);
  }
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::max(0.0, x[i] * equations.scale[i]);
  return x;
}

double predict(const std::vector<double>& coefficients, const std::vector<double>& terms) {
  return std::inner_product(terms.begin(), terms.end(), coefficients.begin(), 0.0);
}

double mean_relative_error(const std::vector<double>& coefficients,
                           const std::vector<LinearRow>& rows) {
  double sum = 0.0;
  for (const auto& row : rows) {
    sum += std::abs(predict(coefficients, row.terms) / row.value - 1.0);
  }
  return rows.empty() ? 0.0 : sum / static_cast<double>(rows.size());
}

}  // namespace pagequest::simulator
