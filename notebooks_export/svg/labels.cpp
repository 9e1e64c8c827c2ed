// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/labels.h"

#include <algorithm>
#include <limits>

namespace pagequest::notebooks_export {
namespace {

constexpr double kCharacter = 6.9;  // mean width at the labels' size
constexpr double kLineHeight = 15;
constexpr double kGap = 11;  // from the point's centre to the text

}  // namespace

void LabelPlacer::avoid(Pixel top_left, Pixel bottom_right) {
  taken_.push_back({top_left, bottom_right});
}

LabelPlacer::Placed LabelPlacer::place(Pixel point, const std::string& text) {
  const double width = kCharacter * static_cast<double>(text.size());
  const auto [x, y] = point;
  struct Choice {
    Placed placed;
    Box box;
  };
  const auto beside = [&](double baseline, bool right) -> Choice {
    const double left = right ? x + kGap : x - kGap - width;
    return {{{right ? x + kGap : x - kGap, baseline}, right ? "start" : "end"},
            {{left, baseline - kLineHeight + 3}, {left + width, baseline + 3}}};
  };
  const auto centred = [&](double baseline) -> Choice {
    return {{{x, baseline}, "middle"},
            {{x - width / 2, baseline - kLineHeight + 3}, {x + width / 2, baseline + 3}}};
  };
  const Choice choices[] = {beside(y + 4, true),   beside(y + 4, false), centred(y - kGap),
                            centred(y + kGap + 9), beside(y - 9, true),  beside(y + 18, true),
                            beside(y - 9, false),  beside(y + 18, false)};
  const auto best = std::min_element(
      std::begin(choices), std::end(choices),
      [this](const auto& a, const auto& b) { return badness(a.box) < badness(b.box); });
  taken_.push_back(best->box);
  return best->placed;
}

/// Overlapping area; leaving the frame is worse than any overlap.
double LabelPlacer::badness(const Box& box) const {
  double sum = 0;
  for (const auto& other : taken_) {
    const double width = std::min(box.high.x, other.high.x) - std::max(box.low.x, other.low.x);
    const double height = std::min(box.high.y, other.high.y) - std::max(box.low.y, other.low.y);
    if (width > 0 && height > 0) sum += width * height;
  }
  const bool outside = box.low.x < frame_.low.x || box.high.x > frame_.high.x ||
                       box.low.y < frame_.low.y || box.high.y > frame_.high.y;
  constexpr double kOutside = 1e6;
  return outside ? sum + kOutside : sum;
}

}  // namespace pagequest::notebooks_export
