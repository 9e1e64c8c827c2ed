// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/unit/runtime/dense_llama.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {

/// The tokens of one thread's steps, in order; `before` are those of its parent.
inline std::vector<std::int32_t> tokens_of(const std::vector<RecordedStep>& steps, Thread thread,
                                           std::vector<std::int32_t> before = {}) {
  for (const RecordedStep& step : steps) {
    if (step.thread != thread) continue;
    before.resize(static_cast<std::size_t>(step.first));
    before.insert(before.end(), step.tokens.begin(), step.tokens.end());
  }
  return before;
}

/// Step of the main thread that filled a position.
inline std::int32_t step_of(const std::vector<RecordedStep>& steps, std::size_t position) {
  for (const RecordedStep& step : steps) {
    const auto first = static_cast<std::size_t>(step.first);
    if (step.thread == Thread::main && position >= first && position < first + step.tokens.size()) {
      return step.step;
    }
  }
  return -1;
}

/// Whether `row` could still see `token` when its step ran, going by the eviction events.
inline bool was_visible(const RecordingSink& sink, std::size_t row, std::size_t token) {
  const std::int32_t step = step_of(sink.steps, row);
  return std::none_of(sink.evicted.begin(), sink.evicted.end(), [&](const TokensEvicted& e) {
    const auto position = static_cast<std::int32_t>(token);
    return e.step < step && position >= e.span.first && position < e.span.end();
  });
}

/// Largest deviation of a step's captured masses from the dense probabilities.
inline double mass_error(const RecordedStep& step, const DenseResult& dense,
                         const model::ModelConfig& config, std::int32_t page_size) {
  const auto group = static_cast<std::size_t>(config.query_heads / config.kv_heads);
  const auto rows = static_cast<std::size_t>(step.query_rows);
  const std::size_t end = static_cast<std::size_t>(step.first) + step.tokens.size();
  double worst = 0.0;
  for (std::size_t i = 0; i < step.mean.size(); ++i) {
    const std::size_t page = i % step.pages.size();
    const std::size_t kv_head = i / step.pages.size() % static_cast<std::size_t>(config.kv_heads);
    const std::size_t layer = i / step.pages.size() / static_cast<std::size_t>(config.kv_heads);
    double mean = 0.0;
    double most = 0.0;
    for (std::size_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
      double mass = 0.0;
      for (std::size_t row = end - rows; row < end; ++row) {
        const auto& weights = dense.probabilities[layer][head][row];
        const auto first = static_cast<std::size_t>(step.pages[page] * page_size);
        const auto last = std::min(first + static_cast<std::size_t>(page_size), weights.size());
        for (std::size_t t = first; t < last; ++t) mass += weights[t] / static_cast<double>(rows);
      }
      mean += mass / static_cast<double>(group);
      most = std::max(most, mass);
    }
    worst = std::max({worst, std::abs(step.mean[i] - mean), std::abs(step.max[i] - most)});
  }
  return worst;
}

}  // namespace pagequest::runtime::test
