// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "notebooks_export/html/escape.h"
#include "notebooks_export/svg/axis.h"
#include "notebooks_export/svg/canvas.h"
#include "notebooks_export/svg/labels.h"

namespace pagequest::notebooks_export {
namespace {

constexpr double kWidth = 760;
constexpr double kHeight = 390;
constexpr double kLeft = 62;
constexpr double kRight = 18;
constexpr double kTop = 34;  // room for the y axis's name above its ticks
constexpr double kBottom = 52;
constexpr double kBarGroup = 0.78;         // share of a category's width that its bars take
constexpr std::size_t kHoverPoints = 160;  // a series; more would only overlap
constexpr std::size_t kLabelledBars = 24;

std::string series_class(const PlotSeries& series) {
  return colour_class(series.colour) + " " + style_class(series.style);
}

struct Bounds {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const { return low > high; }
};

Bounds x_bounds(const Plot& plot) {
  Bounds bounds;
  for (const auto& series : plot.series) {
    for (const auto& point : series.points) bounds.include(point.x);
  }
  return bounds;
}

Bounds y_bounds(const Chart& chart, const Plot& plot) {
  Bounds bounds;
  for (const auto& series : plot.series) {
    for (const auto& point : series.points) {
      bounds.include(point.y);
      if (!chart.log_y || point.low > 0) bounds.include(point.low);
      bounds.include(point.high);
    }
  }
  return bounds;
}

AxisRange x_range(const Chart& chart, const Plot& plot) {
  Bounds bounds = x_bounds(plot);
  if (chart.kind == ChartKind::scatter && !chart.log_x) {
    constexpr double kNearZero = 0.7;  // of the largest: from there on, start at zero
    constexpr double kPad = 0.06;
    const double span = bounds.high - bounds.low;
    if (bounds.low > 0 && bounds.low < kNearZero * bounds.high) {
      bounds.low = 0;
    } else {
      bounds.low -= kPad * span;
    }
    bounds.high += kPad * (bounds.high - bounds.low);
    return {bounds.low, bounds.high, false, true};
  }
  return {bounds.low, bounds.high, chart.log_x, false};
}

AxisRange y_range(const Chart& chart, const Plot& plot) {
  if (chart.kind == ChartKind::cdf) return {0, 1, false, true};
  Bounds bounds = y_bounds(chart, plot);
  if (!chart.log_y && (chart.y_from_zero || chart.kind == ChartKind::bar)) bounds.include(0);
  return {bounds.low, bounds.high, chart.log_y, !chart.log_y};
}

class ChartWriter {
 public:
  ChartWriter(const Chart& chart, const Plot& plot)
      : chart_(chart),
        plot_(plot),
        x_(x_range(chart, plot), plot.x_unit, 8),
        y_(y_range(chart, plot), plot.y_unit, 5) {}

  std::string write() {
    draw_y_axis();
    if (chart_.kind == ChartKind::bar) {
      draw_categories();
      draw_bars();
    } else {
      draw_x_axis();
      for (const auto& series : plot_.series) draw_series(series);
      if (chart_.kind != ChartKind::scatter) draw_hover_points();
    }
    return canvas_.elements();
  }

 private:
  [[nodiscard]] double pixel_x(double value) const {
    return kLeft + x_.fraction(value) * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double pixel_y(double value) const {
    return kHeight - kBottom - y_.fraction(value) * (kHeight - kTop - kBottom);
  }
  [[nodiscard]] Pixel pixel(const PlotPoint& point) const {
    return {pixel_x(point.x), pixel_y(point.y)};
  }
  [[nodiscard]] double category_width() const {
    return (kWidth - kLeft - kRight) / static_cast<double>(plot_.categories.size());
  }

  /// The unit is left out if the name says it, as in "turn" and "turns".
  static std::string axis_title(const std::string& name, const std::string& unit) {
    const bool said = name.find(unit) != std::string::npos || unit.rfind(name, 0) == 0;
    return said ? name : name + " (" + unit + ")";
  }

  void draw_y_axis() {
    for (const auto& tick : y_.ticks()) {
      const double y = pixel_y(tick.value);
      canvas_.line({kLeft, y}, {kWidth - kRight, y}, tick.value == 0 ? "base" : "grid");
      canvas_.text({kLeft - 8, y + 4}, "end", "tick", tick.label);
    }
    canvas_.text({8, 16}, "start", "name", axis_title(plot_.y_name, y_.unit()));
  }

  void draw_x_axis() {
    const double bottom = kHeight - kBottom;
    canvas_.line({kLeft, bottom}, {kWidth - kRight, bottom}, "base");
    for (const auto& tick : x_.ticks()) {
      const double x = pixel_x(tick.value);
      canvas_.line({x, bottom}, {x, bottom + 5}, "base");
      canvas_.text({x, bottom + 19}, "middle", "tick", tick.label);
    }
    draw_x_name(x_.unit());
  }

  void draw_x_name(const std::string& unit) {
    canvas_.text({(kLeft + kWidth - kRight) / 2, kHeight - 10}, "middle", "name",
                 axis_title(plot_.x_name, unit));
  }

  void draw_categories() {
    for (std::size_t i = 0; i < plot_.categories.size(); ++i) {
      const double x = kLeft + (static_cast<double>(i) + 0.5) * category_width();
      canvas_.text({x, kHeight - kBottom + 19}, "middle", "tick", plot_.categories[i]);
    }
    draw_x_name({});
  }

  void draw_bars() {
    const auto count = static_cast<double>(plot_.series.size());
    const double width = kBarGroup * category_width() / count;
    const bool labelled = plot_.series.size() * plot_.categories.size() <= kLabelledBars;
    for (std::size_t s = 0; s < plot_.series.size(); ++s) {
      for (const auto& point : plot_.series[s].points) {
        const double group = kLeft + (point.x + (1 - kBarGroup) / 2) * category_width();
        draw_bar(plot_.series[s], point, group + static_cast<double>(s) * width, width * 0.94,
                 labelled);
      }
    }
  }

  void draw_bar(const PlotSeries& series, const PlotPoint& point, double left, double width,
                bool labelled) {
    const double foot = pixel_y(std::max(0.0, y_.ticks().front().value));
    const double top = pixel_y(point.y);
    canvas_.rectangle({left, std::min(top, foot)}, width, std::abs(foot - top),
                      "bar " + series_class(series), point.tooltip);
    draw_interval(point, left + width / 2);
    if (!labelled) return;
    const double over = std::isfinite(point.high) ? pixel_y(point.high) : top;
    canvas_.text({left + width / 2, std::min(over, top) - 6}, "middle", "value", point.value);
  }

  void draw_interval(const PlotPoint& point, double x) {
    if (!std::isfinite(point.low) || !std::isfinite(point.high)) return;
    constexpr double kCap = 4;
    const double low = pixel_y(point.low);
    const double high = pixel_y(point.high);
    labels_.avoid({x - kCap, high}, {x + kCap, low});
    canvas_.line({x, low}, {x, high}, "interval");
    canvas_.line({x - kCap, low}, {x + kCap, low}, "interval");
    canvas_.line({x - kCap, high}, {x + kCap, high}, "interval");
  }

  void draw_series(const PlotSeries& series) {
    if (chart_.kind == ChartKind::scatter) {
      draw_scatter(series);
      return;
    }
    draw_band(series);
    canvas_.path(line_path(series), "line " + series_class(series));
  }

  [[nodiscard]] std::string line_path(const PlotSeries& series) const {
    const bool steps = chart_.kind != ChartKind::line;
    std::string commands;
    double last_y = 0;
    for (const auto& point : series.points) {
      const Pixel at = pixel(point);
      if (commands.empty()) {
        commands = "M" + coordinates(at);
      } else {
        if (steps) commands += "L" + coordinates({at.x, last_y});
        commands += "L" + coordinates(at);
      }
      last_y = at.y;
    }
    if (chart_.kind == ChartKind::cdf) commands += "L" + coordinates({kWidth - kRight, last_y});
    return commands;
  }

  void draw_band(const PlotSeries& series) {
    std::string up;
    std::string down;
    for (const auto& point : series.points) {
      if (!std::isfinite(point.low) || !std::isfinite(point.high)) continue;
      up += (up.empty() ? "M" : "L") + coordinates({pixel_x(point.x), pixel_y(point.high)});
      down.insert(0, "L" + coordinates({pixel_x(point.x), pixel_y(point.low)}));
    }
    if (!up.empty()) canvas_.path(up + down + "Z", "band " + colour_class(series.colour));
  }

  void draw_scatter(const PlotSeries& series) {
    constexpr double kRadius = 5.5;
    for (const auto& point : series.points) {
      const Pixel at = pixel(point);
      draw_interval(point, at.x);
      canvas_.marker(at, kRadius, series.colour,
                     "marker " + colour_class(series.colour) + (series.style > 0 ? " hollow" : ""),
                     point.tooltip);
      labels_.avoid({at.x - kRadius, at.y - kRadius}, {at.x + kRadius, at.y + kRadius});
    }
    for (const auto& point : series.points) {
      if (point.label.empty()) continue;
      const auto placed = labels_.place(pixel(point), point.label);
      canvas_.text(placed.at, placed.anchor, "point-label", point.label);
    }
  }

  /// Above all lines: points that show on hover, with their numbers.
  void draw_hover_points() {
    for (const auto& series : plot_.series) {
      const std::size_t n = series.points.size();
      const std::size_t shown = std::min(n, kHoverPoints);
      for (std::size_t i = 0; i < shown; ++i) {
        const auto& point = series.points[shown < 2 ? 0 : i * (n - 1) / (shown - 1)];
        canvas_.circle(pixel(point), 5, "hover " + colour_class(series.colour), point.tooltip);
      }
    }
  }

  const Chart& chart_;
  const Plot& plot_;
  Axis x_;
  Axis y_;
  Canvas canvas_;
  // A label beside a point on the axis may hang below it a little.
  LabelPlacer labels_{{kLeft, kTop}, {kWidth - kRight, kHeight - kBottom + 8}};
};

}  // namespace

std::string svg_of(const Chart& chart, const Plot& plot) {
  std::string out = "<svg class=\"chart\" viewBox=\"0 0 760 390\" role=\"img\" aria-label=\"" +
                    escaped(chart.title + ". " + chart.caption) + "\">\n";
  const bool nothing = std::all_of(plot.series.begin(), plot.series.end(),
                                   [](const PlotSeries& series) { return series.points.empty(); });
  if (nothing) {
    Canvas canvas;
    canvas.text({kWidth / 2, kHeight / 2}, "middle", "name", "no data");
    return out + canvas.elements() + "</svg>\n";
  }
  return out + ChartWriter(chart, plot).write() + "</svg>\n";
}

}  // namespace pagequest::notebooks_export
