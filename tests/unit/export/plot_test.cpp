// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/svg/plot.h"

#include <limits>

#include <catch2/catch.hpp>

#include "notebooks_export/svg/chart.h"

namespace pagequest::notebooks_export {
namespace {

ResultTable table() {
  ResultTable out("t", "", {{"policy", ""}, {"x", "s"}, {"a", "tokens"}, {"b", "tokens"}});
  out.add({std::string("full"), 0.0, 1.0, 2.0});
  out.add({std::string("full"), 1.0, std::numeric_limits<double>::quiet_NaN(), 3.0});
  out.add({std::string("sq"), 0.0, 4.0, 5.0});
  return out;
}

Chart chart(std::vector<std::string> y, std::string series) {
  return {.kind = ChartKind::line,
          .title = "t",
          .caption = {},
          .table = table(),
          .x = "x",
          .y = std::move(y),
          .series = std::move(series)};
}

TEST_CASE("a series column gives a colour a value, several y columns a style each") {
  Colours colours;
  const Plot plot = plot_of(chart({"a", "b"}, "policy"), colours);
  REQUIRE(plot.series.size() == 4);
  CHECK(plot.series[0].name == "full, a");
  CHECK(plot.series[3].name == "sq, b");
  CHECK(plot.series[3].colour == 1);
  CHECK(plot.series[3].style == 1);
  CHECK(plot.colours.size() == 2);
  CHECK(plot.styles.size() == 2);
}

TEST_CASE("without a series column, several y columns get a colour each") {
  Colours colours;
  const Plot plot = plot_of(chart({"a", "b"}, ""), colours);
  REQUIRE(plot.series.size() == 2);
  CHECK(plot.series[1].colour == 1);
  CHECK(plot.series[1].style == 0);
  CHECK(plot.styles.empty());
}

TEST_CASE("one series needs no legend") {
  Colours colours;
  const Chart single = chart({"b"}, "");
  CHECK(legend_of(single, plot_of(single, colours)).empty());
}

TEST_CASE("undefined numbers are no points") {
  Colours colours;
  const Plot plot = plot_of(chart({"a"}, "policy"), colours);
  CHECK(plot.series[0].points.size() == 1);
}

TEST_CASE("a logarithmic axis leaves out what is not positive") {
  Colours colours;
  Chart log = chart({"b"}, "policy");
  log.log_x = true;
  const Plot plot = plot_of(log, colours);
  REQUIRE(plot.series.size() == 1);
  CHECK(plot.series[0].points.size() == 1);
}

TEST_CASE("names keep their colours from chart to chart") {
  Colours colours;
  static_cast<void>(colours.index("h2o"));
  CHECK(plot_of(chart({"b"}, "policy"), colours).series[1].colour == 2);
  CHECK(plot_of(chart({"a"}, "policy"), colours).series[1].colour == 2);
}

TEST_CASE("a line goes through its points in pixels") {
  Colours colours;
  Chart line = chart({"b"}, "");
  line.table = ResultTable("t", "", {{"x", "s"}, {"b", "tokens"}});
  line.table.add({0.0, 0.0});
  line.table.add({5.0, 50.0});
  line.table.add({10.0, 100.0});
  const std::string svg = svg_of(line, plot_of(line, colours));
  // The frame reaches from x 62 to 742 and from y 338 up to 34.
  CHECK(svg.find("d=\"M62 338L402 186L742 34\"") != std::string::npos);
  line.kind = ChartKind::step;
  CHECK(svg_of(line, plot_of(line, colours)).find("d=\"M62 338L402 338L402 186L742 186L742 34\"") !=
        std::string::npos);
}

TEST_CASE("an axis names its unit unless its name already does") {
  Colours colours;
  Chart line = chart({"b"}, "");
  line.table = ResultTable("t", "", {{"turn", "turns"}, {"b", "tokens"}});
  line.x = "turn";
  line.table.add({0.0, 1.0});
  line.table.add({1.0, 2.0});
  line.y_label = "live";
  const std::string svg = svg_of(line, plot_of(line, colours));
  CHECK(svg.find(">turn</text>") != std::string::npos);
  CHECK(svg.find(">live (tokens)</text>") != std::string::npos);
}

TEST_CASE("bars stand on zero and carry their values") {
  Colours colours;
  Chart bars = chart({"b"}, "");
  bars.kind = ChartKind::bar;
  bars.x = "policy";
  bars.table = ResultTable("t", "", {{"policy", ""}, {"b", "tokens"}});
  bars.table.add({std::string("full"), 100.0});
  bars.table.add({std::string("sq"), 25.0});
  const std::string svg = svg_of(bars, plot_of(bars, colours));
  CHECK(svg.find("height=\"304\"") != std::string::npos);
  CHECK(svg.find("height=\"76\"") != std::string::npos);
  CHECK(svg.find(">100</text>") != std::string::npos);
  CHECK(svg.find(">sq</text>") != std::string::npos);
}

}  // namespace
}  // namespace pagequest::notebooks_export
