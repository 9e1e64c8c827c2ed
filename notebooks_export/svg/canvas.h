// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace pagequest::notebooks_export {

struct Pixel {
  double x;
  double y;
};

/// Collects SVG elements; coordinates are rounded to a tenth of a unit.
class Canvas {
 public:
  void line(Pixel from, Pixel to, std::string_view classes);
  void text(Pixel at, std::string_view anchor, std::string_view classes, std::string_view text);
  void path(const std::string& commands, std::string_view classes);
  void rectangle(Pixel corner, double width, double height, std::string_view classes,
                 std::string_view tooltip);
  /// A point shape: circle, square, diamond, triangle, and so on by `shape`.
  void marker(Pixel centre, double radius, int shape, std::string_view classes,
              std::string_view tooltip);
  void circle(Pixel centre, double radius, std::string_view classes, std::string_view tooltip);

  [[nodiscard]] const std::string& elements() const { return out_; }

 private:
  std::string out_;
};

/// A coordinate pair for a path: "12.5 80".
[[nodiscard]] std::string coordinates(Pixel at);

}  // namespace pagequest::notebooks_export
