// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/families/masses.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "base/events.h"

namespace pagequest::reference {
namespace {

double worst_of(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(difference <= worst)) worst = difference;  // keeps a NaN
  }
  return worst;
}

/// Rows over the listed pages as rows over all pages.
std::vector<float> spread(std::span<const float> masses, std::span<const std::int32_t> listed,
                          std::size_t pages) {
  std::vector<float> rows(masses.size() / listed.size() * pages);
  for (std::size_t i = 0; i < masses.size(); ++i) {
    const auto page = static_cast<std::size_t>(listed[i % listed.size()]);
    rows[i / listed.size() * pages + page] = masses[i];
  }
  return rows;
}

/// The part of a tensor of (window, ...) that belongs to one window.
std::vector<float> part(const Expected& expected, const std::string& tensor, std::size_t window) {
  const std::vector<float> all = expected.floats(tensor);
  const std::size_t size = all.size() / static_cast<std::size_t>(expected.shape(tensor)[0]);
  const std::span<const float> found = std::span(all).subspan(window * size, size);
  return {found.begin(), found.end()};
}

/// (layer): first page with mass, of (layer, KV head, page).
std::vector<std::int32_t> first_with_mass(const std::vector<float>& mean, std::size_t layers,
                                          std::size_t pages) {
  std::vector<std::int32_t> first;
  const std::size_t layer_size = mean.size() / layers;
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::size_t least = pages;
    for (std::size_t i = 0; i < layer_size; ++i) {
      if (mean[layer * layer_size + i] > 0.0F) least = std::min(least, i % pages);
    }
    first.push_back(static_cast<std::int32_t>(least));
  }
  return first;
}

}  // namespace

double worst_difference(const MassWindow& a, const MassWindow& b) {
  return std::max(
      {worst_of(a.mean, b.mean), worst_of(a.max, b.max), worst_of(a.sink_share, b.sink_share)});
}

void CapturedMasses::on(const Event& event) {
  std::visit(
      Overloaded{[this](const TokensFilled& filled) {
                   end_ = filled.first + static_cast<std::int32_t>(filled.tokens.size());
                 },
                 [this](const PagesAttended& attended) { keep(attended); }, [](const auto&) {}},
      event);
}

void CapturedMasses::keep(const PagesAttended& attended) {
  const auto pages = static_cast<std::size_t>(pages_);
  MassWindow window{.mean = spread(attended.mean, attended.pages, pages),
                    .max = spread(attended.max, attended.pages, pages),
                    .sink_share = {attended.sink_share.begin(), attended.sink_share.end()},
                    .first_page = {}};
  for (std::int32_t layer = 0; layer < attended.layers; ++layer) {
    const auto index = static_cast<std::size_t>(layer);
    const std::int32_t listed = attended.first_page.empty() ? 0 : attended.first_page[index];
    window.first_page.push_back(attended.pages[static_cast<std::size_t>(listed)]);
  }
  windows_[{end_ - attended.query_rows, attended.query_rows}] = std::move(window);
}

const MassWindow* CapturedMasses::find(std::int32_t first_row, std::int32_t rows) const {
  const auto found = windows_.find({first_row, rows});
  return found == windows_.end() ? nullptr : &found->second;
}

ExpectedMasses::ExpectedMasses(const Expected& expected)
    : rows_(expected.integers("mass.windows")) {
  const std::vector<std::int64_t> shape = expected.shape("mass.mean");
  for (std::size_t i = 0; i < windows(); ++i) {
    MassWindow window{.mean = part(expected, "mass.mean", i),
                      .max = part(expected, "mass.max", i),
                      .sink_share = {},
                      .first_page = {}};
    if (expected.has("mass.sink_share")) window.sink_share = part(expected, "mass.sink_share", i);
    window.first_page = first_with_mass(window.mean, static_cast<std::size_t>(shape[1]),
                                        static_cast<std::size_t>(shape[3]));
    masses_.push_back(std::move(window));
  }
}

}  // namespace pagequest::reference
