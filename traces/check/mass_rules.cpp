// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/check/mass_rules.h"

#include <cmath>
#include <cstddef>
#include <string>

namespace pagequest::traces {
namespace {

constexpr double kSumTolerance = 1e-4;
constexpr float kRounding = 1e-6F;  // of f32 masses in [0, 1]

std::string row_name(const PagesAttended& attended, std::size_t row) {
  const auto heads = static_cast<std::size_t>(attended.kv_heads);
  return "layer " + std::to_string(row / heads) + ", KV head " + std::to_string(row % heads);
}

}  // namespace

void check_masses(const PagesAttended& attended, Findings& findings) {
  const std::size_t pages = attended.pages.size();
  const std::size_t rows =
      static_cast<std::size_t>(attended.layers) * static_cast<std::size_t>(attended.kv_heads);
  if (attended.mean.size() != rows * pages || attended.max.size() != rows * pages) {
    findings.add("mass-sum", "the masses don't fit layers, KV heads and pages");
    return;
  }
  if (!attended.sink_share.empty() && attended.sink_share.size() != rows) {
    findings.add("mass-sum", "the sink shares don't fit layers and KV heads");
    return;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    double sum = 0.0;
    bool max_holds = true;
    for (std::size_t i = row * pages; i < (row + 1) * pages; ++i) {
      const float mean = attended.mean[i];
      const float max = attended.max[i];
      sum += static_cast<double>(mean);
      max_holds = max_holds && mean >= 0.0F && max >= mean - kRounding && max <= 1.0F + kRounding;
    }
    const double sinks =
        attended.sink_share.empty() ? 0.0 : static_cast<double>(attended.sink_share[row]);
    if (!(std::abs(sum + sinks - 1.0) <= kSumTolerance && sinks >= 0.0)) {
      findings.add("mass-sum", row_name(attended, row) + ": the mean masses sum to " +
                                   std::to_string(sum) + ", the sinks have " +
                                   std::to_string(sinks));
    }
    if (!max_holds) {
      findings.add("mass-max",
                   row_name(attended, row) + ": a mass is not in 0 <= mean <= maximum <= 1");
    }
  }
}

}  // namespace pagequest::traces
