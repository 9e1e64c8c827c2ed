// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/events.h"
#include "base/rng.h"
#include "engine/kv/scoped_tokens.h"
#include "tests/support/synthetic_trace.h"

namespace pagequest::testing {

/// What one step's query sees.
struct SyntheticStep {
  std::int32_t number = 0;        // of the thread
  std::int32_t query_rows = 0;    // of the step that are averaged
  const std::vector<char>& live;  // (position), the step's own tokens included
};

/// Numbers of one PagesAttended event; see there for the shapes.
struct SyntheticNumbers {
  std::vector<std::int32_t> pages;
  std::vector<float> mean;
  std::vector<float> max;
  std::vector<std::int32_t> first_page;
  std::vector<float> sink_share;
  std::vector<float> query_head_mass;
  std::vector<std::uint64_t> tokens_above;
  std::vector<float> query_cosine;
};

/// Draws the attention of one episode. What the options' captures add comes from a stream of random
/// numbers of its own: the masses of a trace with and without query heads, say, are the same.
class SyntheticAttention {
 public:
  SyntheticAttention(const SyntheticOptions& options, std::uint64_t stream)
      : options_(options), extras_(options.seed + 1000, stream) {}

  SyntheticNumbers attend(const SyntheticStep& step, Rng& rng) {
    SyntheticNumbers out;
    list_pages(step, out);
    thresholds_.assign(options_.captures.thresholds.size(), {});
    for (std::int32_t row = 0; row < options_.layers * options_.kv_heads; ++row) {
      add_row(step, row, rng, out);
    }
    for (const auto& bits : thresholds_) {
      out.tokens_above.insert(out.tokens_above.end(), bits.begin(), bits.end());
    }
    return out;
  }

  /// Bounds of a page's keys, lowest and highest of each (layer, KV head, component).
  SyntheticNumbers bounds() {
    SyntheticNumbers out;
    for (std::int32_t i = 0; i < options_.layers * options_.kv_heads * kSyntheticHeadDim; ++i) {
      out.mean.push_back(static_cast<float>(4.0 * extras_.uniform() - 2.0));
      out.max.push_back(out.mean.back() + static_cast<float>(extras_.uniform()));
    }
    return out;
  }

 private:
  [[nodiscard]] std::int32_t first_seen(const SyntheticStep& step, std::int32_t layer) const {
    const auto& windows = options_.captures.windows;
    const std::int32_t window = windows.empty() ? 0 : windows[static_cast<std::size_t>(layer)];
    const auto query = static_cast<std::int32_t>(step.live.size()) - step.query_rows;
    return window == 0 ? 0 : std::max(0, query - (window - 1)) / options_.page_size;
  }

  /// The pages with live tokens that some layer sees.
  void list_pages(const SyntheticStep& step, SyntheticNumbers& out) {
    live_.clear();
    std::int32_t first = first_seen(step, 0);
    for (std::int32_t l = 1; l < options_.layers; ++l) first = std::min(first, first_seen(step, l));
    const auto end = static_cast<std::int32_t>(step.live.size());
    const std::int32_t size = options_.page_size;
    for (std::int32_t page = first; page * size < end; ++page) {
      const auto begin = step.live.begin() + page * size;
      const auto count = std::count(begin, step.live.begin() + std::min(end, (page + 1) * size), 1);
      if (count == 0) continue;
      out.pages.push_back(page);
      live_.push_back(static_cast<double>(count));
    }
    if (options_.captures.windows.empty()) return;
    for (std::int32_t layer = 0; layer < options_.layers; ++layer) {
      const auto at = std::lower_bound(out.pages.begin(), out.pages.end(), first_seen(step, layer));
      out.first_page.push_back(static_cast<std::int32_t>(at - out.pages.begin()));
    }
  }

  /// One (layer, KV head): mean and maximum over its query heads.
  void add_row(const SyntheticStep& step, std::int32_t row, Rng& rng, SyntheticNumbers& out) {
    const std::int32_t group = options_.query_heads / options_.kv_heads;
    const auto layer = static_cast<std::size_t>(row / options_.kv_heads);
    const auto absent =
        out.first_page.empty() ? 0 : static_cast<std::size_t>(out.first_page[layer]);
    std::vector<double> mean(live_.size(), 0.0);
    std::vector<double> max(live_.size(), 0.0);
    double sinks = 0.0;
    for (auto& bits : thresholds_) bits.resize(bits.size() + live_.size(), 0);
    for (std::int32_t head = 0; head < group; ++head) {
      const double sink = options_.captures.sinks ? 0.6 * extras_.uniform() : 0.0;
      const std::vector<double> mass = head_row(rng, absent, sink);
      sinks += sink / group;
      for (std::size_t i = 0; i < mass.size(); ++i) {
        mean[i] += mass[i] / group;
        max[i] = std::max(max[i], mass[i]);
      }
      if (options_.captures.query_heads) {
        for (const double m : mass) out.query_head_mass.push_back(static_cast<float>(m));
      }
      if (!thresholds_.empty()) mark_tokens(step, out.pages, mass);
    }
    for (std::size_t i = 0; i < mean.size(); ++i) {
      out.mean.push_back(static_cast<float>(mean[i]));
      out.max.push_back(std::max(out.mean.back(), static_cast<float>(max[i])));
    }
    if (options_.captures.sinks) out.sink_share.push_back(static_cast<float>(sinks));
    if (options_.captures.query_cosine && step.number > 0) {
      out.query_cosine.push_back(static_cast<float>(2.0 * extras_.uniform() - 1.0));
    }
  }

  /// Attention of one query head on each page: weights per token times live tokens, sum 1 - `sink`.
  std::vector<double> head_row(Rng& rng, std::size_t absent, double sink) const {
    std::vector<double> mass = live_;
    if (options_.shape == AttentionShape::random) {
      for (auto& m : mass) m *= std::exp(6.0 * rng.uniform());
    }
    std::fill(mass.begin(), mass.begin() + static_cast<std::ptrdiff_t>(absent), 0.0);
    const double sum = std::accumulate(mass.begin(), mass.end(), 0.0);
    for (auto& m : mass) m *= (1.0 - sink) / sum;
    return mass;
  }

  /// Splits each page's mass unevenly over its live tokens and notes those that reach a threshold.
  void mark_tokens(const SyntheticStep& step, const std::vector<std::int32_t>& pages,
                   const std::vector<double>& mass) {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      const auto first = static_cast<std::size_t>(pages[i] * options_.page_size);
      std::vector<double> weights;
      for (std::size_t t = first;
           t < std::min(step.live.size(), first + static_cast<std::size_t>(options_.page_size));
           ++t) {
        weights.push_back(step.live[t] != 0 ? 0.1 + extras_.uniform() : 0.0);
      }
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      for (std::size_t k = 0; k < thresholds_.size(); ++k) {
        const auto threshold = static_cast<double>(options_.captures.thresholds[k]);
        auto& bits = thresholds_[k][thresholds_[k].size() - pages.size() + i];
        for (std::size_t t = 0; t < weights.size(); ++t) {
          if (mass[i] * weights[t] / sum >= threshold) bits |= std::uint64_t{1} << t;
        }
      }
    }
  }

  const SyntheticOptions& options_;
  Rng extras_;
  std::vector<double> live_;                            // (listed page): live tokens
  std::vector<std::vector<std::uint64_t>> thresholds_;  // (threshold): (row, listed page)
};

/// To the row's last page, which is being written and so is every head's.
inline void move_mass(std::vector<float>& masses, std::size_t row, std::size_t width,
                      std::size_t from) {
  masses[row + width - 1] = std::min(1.0F, masses[row + width - 1] + masses[row + from]);
  masses[row + from] = 0.0F;
}

/// Takes the attention from pages of which a (layer, KV head) holds nothing and gives it to its
/// others.
inline void leave_out_lost(SyntheticNumbers& numbers, const kv::ScopedTokens& heads,
                           const SyntheticOptions& options) {
  const std::size_t width = numbers.pages.size();
  const std::size_t group = numbers.query_head_mass.empty()
                                ? 0
                                : static_cast<std::size_t>(options.query_heads / options.kv_heads);
  for (std::int32_t head = 0; head < heads.scopes(); ++head) {
    const auto plane = static_cast<std::size_t>(head);
    for (std::size_t i = 0; i < width; ++i) {
      if (heads.of(head).in_page(numbers.pages[i]) > 0) continue;
      move_mass(numbers.mean, plane * width, width, i);
      move_mass(numbers.max, plane * width, width, i);
      for (std::size_t q = 0; q < group; ++q) {
        move_mass(numbers.query_head_mass, (plane * group + q) * width, width, i);
      }
    }
  }
}

}  // namespace pagequest::testing
