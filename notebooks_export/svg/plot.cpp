// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/plot.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number(const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&cell);
  return real == nullptr ? kNone : *real;
}

/// A column of the chart's table with its formatting; absent columns have no index.
class Field {
 public:
  Field(const ResultTable& table, const std::string& name) : table_(table) {
    if (name.empty()) return;
    index_ = table.column(name);
    format_.emplace(table, *index_);
  }
  [[nodiscard]] bool there() const { return index_.has_value(); }
  [[nodiscard]] double value(std::size_t row) const {
    return there() ? number(table_.rows()[row][*index_]) : kNone;
  }
  [[nodiscard]] std::string text(std::size_t row) const {
    return there() ? format_->cell(table_.rows()[row][*index_]) : std::string();
  }
  /// What the row is called in a legend: a text as it is, a number behind its column's name.
  [[nodiscard]] std::string name(std::size_t row) const {
    return names() ? text(row) : shown_name(column().name) + " " + text(row);
  }
  /// "accuracy: 95.0 %"
  [[nodiscard]] std::string tooltip(std::size_t row) const {
    const std::string& unit = column().unit;
    std::string out = shown_name(column().name) + ": " + text(row);
    if (!unit.empty() && !is_share(unit)) out += " " + unit;
    return out;
  }
  [[nodiscard]] bool names() const { return there() && !format_->numeric(); }
  [[nodiscard]] const Column& column() const { return table_.columns()[*index_]; }

 private:
  const ResultTable& table_;
  std::optional<std::size_t> index_;
  std::optional<ColumnFormat> format_;
};

int position_in(std::vector<std::string>& names, const std::string& name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it != names.end()) return static_cast<int>(it - names.begin());
  names.push_back(name);
  return static_cast<int>(names.size()) - 1;
}

std::vector<LegendEntry> numbered(const std::vector<std::string>& names) {
  std::vector<LegendEntry> entries;
  for (std::size_t i = 0; i < names.size(); ++i) {
    entries.push_back({names[i], static_cast<int>(i)});
  }
  return entries;
}

class Builder {
 public:
  Builder(const Chart& chart, Colours& colours)
      : chart_(chart),
        colours_(colours),
        x_(chart.table, chart.x),
        series_(chart.table, chart.series),
        style_(chart.table, chart.style),
        low_(chart.table, chart.y_low),
        high_(chart.table, chart.y_high),
        label_(chart.table, chart.point_label) {}

  Plot build() {
    for (const auto& y : chart_.y) {
      const Field field(chart_.table, y);
      for (std::size_t row = 0; row < chart_.table.rows().size(); ++row) add(field, row);
    }
    finish();
    return std::move(plot_);
  }

 private:
  [[nodiscard]] bool several_y() const { return chart_.y.size() > 1; }

  /// Without a series column, several y columns are told apart by colour; with one, by style.
  void add(const Field& y, std::size_t row) {
    const std::string y_name = several_y() ? shown_name(y.column().name) : std::string();
    const std::string colour = series_.there() ? series_.name(row) : y_name;
    std::string style = style_.there() ? style_.name(row) : std::string();
    if (series_.there() && several_y()) style += (style.empty() ? "" : ", ") + y_name;
    const PlotPoint point = point_of(y, row);
    if (!drawable(point)) return;
    series_for(colour, style).points.push_back(point);
  }

  [[nodiscard]] PlotPoint point_of(const Field& y, std::size_t row) {
    PlotPoint point{.x = x_.value(row),
                    .y = y.value(row),
                    .low = low_.value(row),
                    .high = high_.value(row),
                    .value = y.text(row),
                    .label = label_.text(row),
                    .tooltip = {}};
    if (chart_.kind == ChartKind::bar) point.x = position_in(plot_.categories, x_.text(row));
    if (series_.there()) point.tooltip = series_.name(row) + "\n";
    if (style_.there()) point.tooltip += style_.name(row) + "\n";
    point.tooltip += x_.tooltip(row) + "\n" + y.tooltip(row);
    if (low_.there() && high_.there()) {
      point.tooltip += " (" + low_.text(row) + " to " + high_.text(row) + ")";
    }
    return point;
  }

  [[nodiscard]] bool drawable(const PlotPoint& point) const {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) return false;
    return !(chart_.log_x && point.x <= 0) && !(chart_.log_y && point.y <= 0);
  }

  PlotSeries& series_for(const std::string& colour, const std::string& style) {
    const int position = position_in(colour_names_, colour);
    const int colour_index = series_.names() ? colours_.index(colour) : position;
    const int style_index = position_in(style_names_, style);
    for (auto& series : plot_.series) {
      if (series.colour == colour_index && series.style == style_index) return series;
    }
    std::string name = colour + (colour.empty() || style.empty() ? "" : ", ") + style;
    plot_.series.push_back({std::move(name), colour_index, style_index, {}});
    return plot_.series.back();
  }

  [[nodiscard]] std::string default_y_name() const {
    return chart_.kind == ChartKind::cdf ? "cumulative share" : shown_name(chart_.y.front());
  }

  void finish() {
    if (colour_names_.size() > 1 || (series_.there() && !colour_names_.empty())) {
      plot_.colours = numbered(colour_names_);
      for (auto& entry : plot_.colours) {
        if (series_.names()) entry.index = colours_.index(entry.name);
      }
    }
    if (style_names_.size() > 1) plot_.styles = numbered(style_names_);
    plot_.x_name = chart_.x_label.empty() ? shown_name(chart_.x) : chart_.x_label;
    plot_.y_name = chart_.y_label.empty() ? default_y_name() : chart_.y_label;
    if (x_.there()) plot_.x_unit = x_.column().unit;
    plot_.y_unit = Field(chart_.table, chart_.y.front()).column().unit;
  }

  const Chart& chart_;
  Colours& colours_;
  Field x_;
  Field series_;
  Field style_;
  Field low_;
  Field high_;
  Field label_;
  Plot plot_;
  std::vector<std::string> colour_names_;
  std::vector<std::string> style_names_;
};

}  // namespace

int Colours::index(const std::string& name) {
  return indices_.emplace(name, static_cast<int>(indices_.size())).first->second;
}

Colours colours_of(const Report& report) {
  Colours colours;
  for (const auto& section : report.sections) {
    for (const auto& block : section.blocks) {
      if (const auto* chart = std::get_if<Chart>(&block)) {
        static_cast<void>(plot_of(*chart, colours));
      }
    }
  }
  return colours;
}

Plot plot_of(const Chart& chart, Colours& colours) { return Builder(chart, colours).build(); }

}  // namespace pagequest::notebooks_export
