// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "notebooks_export/svg/canvas.h"

namespace pagequest::notebooks_export {

/// Finds room for the texts beside points: right, left, above or below, whichever overlaps least
/// with the points and texts that are there already and stays in the frame.
class LabelPlacer {
 public:
  LabelPlacer(Pixel top_left, Pixel bottom_right) : frame_{top_left, bottom_right} {}

  struct Placed {
    Pixel at;                 // of the text's baseline
    std::string_view anchor;  // of SVG: start, middle, end
  };

  /// Keeps later texts away from a point or a bar.
  void avoid(Pixel top_left, Pixel bottom_right);
  [[nodiscard]] Placed place(Pixel point, const std::string& text);

 private:
  struct Box {
    Pixel low;
    Pixel high;
  };
  [[nodiscard]] double badness(const Box& box) const;

  Box frame_;
  std::vector<Box> taken_;
};

}  // namespace pagequest::notebooks_export
