// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/report_json.h"

#include <cmath>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "base/event_sink.h"

namespace pagequest::notebooks_export {
namespace {

using Json = nlohmann::ordered_json;

Json cell_json(const Cell& cell) {
  const auto* real = std::get_if<double>(&cell);
  if (real != nullptr && !std::isfinite(*real)) return nullptr;
  return std::visit([](const auto& value) { return Json(value); }, cell);
}

Json table_json(const ResultTable& table) {
  Json columns = Json::array();
  for (const auto& column : table.columns()) {
    columns.push_back({{"name", column.name}, {"unit", column.unit}});
  }
  Json rows = Json::array();
  for (const auto& row : table.rows()) {
    Json cells = Json::array();
    for (const auto& cell : row) cells.push_back(cell_json(cell));
    rows.push_back(std::move(cells));
  }
  return {{"name", table.name()},
          {"description", table.description()},
          {"columns", std::move(columns)},
          {"rows", std::move(rows)}};
}

const char* kind_name(ChartKind kind) {
  switch (kind) {
    case ChartKind::line:
      return "line";
    case ChartKind::step:
      return "step";
    case ChartKind::cdf:
      return "cdf";
    case ChartKind::scatter:
      return "scatter";
    case ChartKind::bar:
      return "bar";
  }
  return "";
}

Json chart_json(const Chart& chart) {
  return {{"type", "chart"},
          {"kind", kind_name(chart.kind)},
          {"title", chart.title},
          {"caption", chart.caption},
          {"x", chart.x},
          {"y", chart.y},
          {"series", chart.series},
          {"style", chart.style},
          {"y_low", chart.y_low},
          {"y_high", chart.y_high},
          {"point_label", chart.point_label},
          {"x_label", chart.x_label},
          {"y_label", chart.y_label},
          {"log_x", chart.log_x},
          {"log_y", chart.log_y},
          {"y_from_zero", chart.y_from_zero}};
}

Json figures_json(const KeyFigures& figures) {
  Json list = Json::array();
  for (const auto& figure : figures) {
    list.push_back({{"label", figure.label}, {"value", figure.value}, {"note", figure.note}});
  }
  return {{"type", "key_figures"}, {"figures", std::move(list)}};
}

Json block_json(const Block& block) {
  return std::visit(
      Overloaded{
          [](const TableBlock& table) -> Json {
            return {{"type", "table"}, {"title", table.title}, {"table", table_json(table.table)}};
          },
          [](const Chart& chart) {
            Json json = chart_json(chart);
            json["table"] = table_json(chart.table);
            return json;
          },
          [](const KeyFigures& figures) { return figures_json(figures); }},
      block);
}

}  // namespace

std::string to_json(const Report& report, int indent) {
  Json json = {{"schema", "pagequest-report"}, {"schema_version", 1},
               {"title", report.title},        {"subtitle", report.subtitle},
               {"provenance", Json::object()}, {"traces", Json::array()},
               {"sections", Json::array()}};
  for (const auto& [key, value] : report.provenance) json["provenance"][key] = value;
  for (const auto& trace : report.traces) {
    json["traces"].push_back({{"label", trace.label}, {"path", trace.path}});
  }
  for (const auto& section : report.sections) {
    Json blocks = Json::array();
    for (const auto& block : section.blocks) blocks.push_back(block_json(block));
    json["sections"].push_back(
        {{"heading", section.heading}, {"text", section.text}, {"blocks", std::move(blocks)}});
  }
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pagequest::notebooks_export
