// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/html/escape.h"
#include "notebooks_export/svg/canvas.h"
#include "notebooks_export/svg/chart.h"

namespace pagequest::notebooks_export {
namespace {

std::string swatch(const Chart& chart, const std::string& classes, int shape) {
  Canvas canvas;
  if (chart.kind == ChartKind::scatter) {
    canvas.marker({14, 7}, 5, shape, "marker " + classes, {});
  } else if (chart.kind == ChartKind::bar) {
    canvas.rectangle({4, 1}, 20, 12, "bar " + classes, {});
  } else {
    canvas.path("M1 7L27 7", "line " + classes);
  }
  return "<svg class=\"swatch\" viewBox=\"0 0 28 14\" aria-hidden=\"true\">" + canvas.elements() +
         "</svg>";
}

}  // namespace

std::string colour_class(int index) { return "c" + std::to_string(index % kChartColours); }
std::string style_class(int index) { return "d" + std::to_string(index % kChartStyles); }

std::string legend_of(const Chart& chart, const Plot& plot) {
  if (plot.colours.empty() && plot.styles.empty()) return {};
  std::string out = "<div class=\"legend\">";
  const auto add = [&](const std::string& name, const std::string& classes, int shape) {
    out += "<span>" + swatch(chart, classes, shape) + escaped(name) + "</span>";
  };
  for (const auto& [name, index] : plot.colours) {
    add(name, colour_class(index) + " d0", index);
  }
  if (!plot.colours.empty() && !plot.styles.empty()) out += "<i></i>";
  for (const auto& [name, index] : plot.styles) add(name, "cn " + style_class(index), index);
  return out + "</div>\n";
}

}  // namespace pagequest::notebooks_export
