// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {

/// One colour a name for a whole report, so that a policy looks the same in all charts.
class Colours {
 public:
  /// Names get colours in the order in which they are first asked for.
  int index(const std::string& name);

 private:
  std::map<std::string, int> indices_;
};

/// Colours for every series of every chart of the report.
[[nodiscard]] Colours colours_of(const Report& report);

struct PlotPoint {
  double x;
  double y;
  double low;  // NaN: no interval
  double high;
  std::string value;    // y as the tables write it
  std::string label;    // beside the point
  std::string tooltip;  // with units
};

/// Points that share a colour and a line style, in the table's order.
struct PlotSeries {
  std::string name;  // in the legend; "" if there is only one series
  int colour = 0;
  int style = 0;
  std::vector<PlotPoint> points;
};

struct LegendEntry {
  std::string name;
  int index;
};

/// A chart's table taken apart.
struct Plot {
  std::vector<PlotSeries> series;
  std::vector<std::string> categories;  // of a bar chart; x counts them
  std::vector<LegendEntry> colours;     // empty if there's nothing to tell apart
  std::vector<LegendEntry> styles;
  std::string x_name;
  std::string x_unit;
  std::string y_name;
  std::string y_unit;
};

[[nodiscard]] Plot plot_of(const Chart& chart, Colours& colours);

}  // namespace pagequest::notebooks_export
