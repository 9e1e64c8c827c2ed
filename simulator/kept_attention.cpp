// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/kept_attention.h"

#include <algorithm>
#include <numeric>

namespace pagequest::simulator {
namespace {

double inverse(double sum) { return sum > 0.0 ? 1.0 / sum : 0.0; }

float scaled(float mass, double scale) {
  return static_cast<float>(std::min(1.0, static_cast<double>(mass) * scale));
}

}  // namespace

PagesAttended KeptAttention::restrict(const PagesAttended& event, const HoldsPage& holds) {
  list_pages(event, holds);
  first_page_.clear();
  for (const std::int32_t first : event.first_page) {
    const auto at =
        std::lower_bound(columns_.begin(), columns_.end(), static_cast<std::size_t>(first));
    first_page_.push_back(static_cast<std::int32_t>(at - columns_.begin()));
  }
  mean_.clear();
  max_.clear();
  sink_share_.clear();
  const std::size_t width = event.pages.size();
  for (std::size_t plane = 0; plane * width < event.mean.size(); ++plane) {
    const auto mean = event.mean.subspan(plane * width, width);
    const float sinks = event.sink_share.empty() ? 0.0F : event.sink_share[plane];
    const double factor = inverse(kept_mass(plane, mean) + static_cast<double>(sinks));
    scale(plane, mean, factor, mean_);
    scale(plane, event.max.subspan(plane * width, width), factor, max_);
    if (!event.sink_share.empty()) sink_share_.push_back(scaled(sinks, factor));
  }
  restrict_heads(event);
  PagesAttended kept = event;
  kept.pages = pages_;
  kept.mean = mean_;
  kept.max = max_;
  kept.first_page = first_page_;
  kept.sink_share = sink_share_;
  kept.query_head_mass = query_head_mass_;
  kept.thresholds = {};
  kept.tokens_above = {};
  return kept;
}

void KeptAttention::list_pages(const PagesAttended& event, const HoldsPage& holds) {
  const std::size_t planes =
      static_cast<std::size_t>(event.layers) * static_cast<std::size_t>(event.kv_heads);
  columns_.clear();
  pages_.clear();
  for (std::size_t i = 0; i < event.pages.size(); ++i) {
    bool kept = false;
    for (std::size_t plane = 0; plane < planes && !kept; ++plane) {
      kept = holds(plane, event.pages[i]);
    }
    if (!kept) continue;
    columns_.push_back(i);
    pages_.push_back(event.pages[i]);
  }
  held_.clear();
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (const std::int32_t page : pages_) held_.push_back(holds(plane, page) ? 1 : 0);
  }
}

void KeptAttention::scale(std::size_t plane, std::span<const float> row, double scale,
                          std::vector<float>& out) const {
  const char* held = held_.data() + plane * columns_.size();
  for (const std::size_t column : columns_) {
    out.push_back(*held++ != 0 ? scaled(row[column], scale) : 0.0F);
  }
}

double KeptAttention::kept_mass(std::size_t plane, std::span<const float> row) const {
  const char* held = held_.data() + plane * columns_.size();
  double kept = 0.0;
  for (const std::size_t column : columns_) {
    if (*held++ != 0) kept += static_cast<double>(row[column]);
  }
  return kept;
}

/// What a query head's row lacks to 1 is its own sinks'.
void KeptAttention::restrict_heads(const PagesAttended& event) {
  query_head_mass_.clear();
  const std::size_t width = event.pages.size();
  const std::size_t planes = width == 0 ? 1 : event.mean.size() / width;
  const std::size_t rows = width == 0 ? 0 : event.query_head_mass.size() / width;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t plane = row * planes / rows;
    const auto masses = event.query_head_mass.subspan(row * width, width);
    double sinks = 0.0;
    if (!event.sink_share.empty()) {
      sinks = std::max(0.0, 1.0 - std::accumulate(masses.begin(), masses.end(), 0.0));
    }
    scale(plane, masses, inverse(kept_mass(plane, masses) + sinks), query_head_mass_);
  }
}

}  // namespace pagequest::simulator
