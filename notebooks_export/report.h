// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result_table.h"

/// The document that exporters render: text, tables and charts, without any notion of a format.
namespace pagequest::notebooks_export {

enum class ChartKind {
  line,
  step,     // holds its value until the next point
  cdf,      // a step chart of a share, 0 to 100 %
  scatter,  // points, with error bars and labels
  bar,      // grouped by a text column x
};

/// A picture of a table. Each row is a point; a double that is NaN is no point.
struct Chart {
  ChartKind kind = ChartKind::line;
  std::string title;
  std::string caption;  // one sentence: what to see
  ResultTable table;
  std::string x;               // column
  std::vector<std::string> y;  // one or more columns of one unit; several are drawn as styles
  std::string series = {};     // column whose values get a colour each; "" for none
  std::string style = {};      // column whose values get a line style each; "" for none
  std::string y_low = {};      // columns of an interval around y[0], drawn as error bars or a band
  std::string y_high = {};
  std::string point_label = {};  // scatter: column with a text for each point
  std::string x_label = {};      // replaces the columns' own names
  std::string y_label = {};
  bool log_x = false;  // points at or below 0 are left out
  bool log_y = false;
  bool y_from_zero = true;  // linear axis only
};

/// A table to read; its description is printed with it.
struct TableBlock {
  std::string title;
  ResultTable table;
  bool folded = false;  // behind its title, for long or secondary tables
};

/// Headline numbers, shown large.
struct KeyFigure {
  std::string label;
  std::string value;  // with its unit
  std::string note = {};
};
using KeyFigures = std::vector<KeyFigure>;

using Block = std::variant<TableBlock, Chart, KeyFigures>;

struct Section {
  std::string heading;
  std::string text;  // paragraphs separated by an empty line; `code` in backticks
  std::vector<Block> blocks;
};

/// A recorded trace that the report is about, for the notebook, which reads it itself.
struct TraceSource {
  std::string label;  // as in the charts' series, "sidequest"
  std::string path;
};

struct Report {
  std::string title;
  std::string subtitle;
  std::vector<std::pair<std::string, std::string>> provenance;  // key, value; in order
  std::vector<TraceSource> traces;
  std::vector<Section> sections;
};

/// A report that only lists tables: what `analyze` and `simulate` write.
[[nodiscard]] Report report_of_tables(std::string title, std::vector<ResultTable> tables);

/// Every table of a report, those of its charts included, each once: tables of one name are one
/// table if they are equal; a different one is renamed "name_2" and so on.
[[nodiscard]] std::vector<ResultTable> all_tables(const Report& report);

}  // namespace pagequest::notebooks_export
