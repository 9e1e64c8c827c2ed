// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/manifest.h"

#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_depth.h"

namespace pagequest::simulator {
namespace {

using nlohmann::json;

constexpr auto kFormat = "pagequest-sweep";
constexpr int kVersion = 1;

json json_of(const SearchSpec& search) {
  json objectives = json::array();
  for (const auto& objective : search.objectives) {
    objectives.push_back({{"metric", objective.metric}, {"maximise", objective.maximise}});
  }
  return {{"objectives", objectives}, {"points", search.points}};
}

json header_of(const SweepPlan& plan) {
  json axes = json::array();
  for (const auto& axis : plan.file.axes) {
    axes.push_back({{"name", axis.name}, {"values", axis.values}});
  }
  json header = {{"format", kFormat},
                 {"version", kVersion},
                 {"fixed", plan.file.fixed},
                 {"axes", axes},
                 {"points", plan.size()}};
  if (plan.file.search) header["search"] = json_of(*plan.file.search);
  return header;
}

json line_of(const SweepPlan& plan, std::size_t point) {
  json values = json::object();
  const auto coordinates = coordinates_of(plan.file, point);
  for (std::size_t a = 0; a < plan.file.axes.size(); ++a) {
    values[plan.file.axes[a].name] = plan.file.axes[a].values[coordinates[a]];
  }
  return {{"point", point}, {"id", plan.ids[point]}, {"settings", values}};
}

SearchSpec search_of(const json& document) {
  SearchSpec search{.objectives = {}, .points = document.at("points")};
  for (const auto& objective : document.at("objectives")) {
    search.objectives.push_back({objective.at("metric"), objective.at("maximise")});
  }
  return search;
}

SweepFile file_of(const json& header) {
  SweepFile file{.fixed = header.at("fixed"), .axes = {}, .search = {}};
  for (const auto& axis : header.at("axes")) {
    file.axes.push_back({axis.at("name"), axis.at("values")});
  }
  if (header.contains("search")) file.search = search_of(header.at("search"));
  return file;
}

Error broken(const std::string& where, std::size_t line, const std::string& found) {
  return input_error({.what = "can't read the manifest of a sweep",
                      .where = where + ", line " + std::to_string(line),
                      .found = found,
                      .expected = "what `pagequest sweep plan` wrote",
                      .hint = "plan the sweep again: results that fit are found by their ids"});
}

json parse_line(const std::string& line) {
  return nests_too_deep(line) ? json() : json::parse(line, nullptr, false);
}

std::size_t read_header(const std::string& line, const std::string& where, SweepPlan& plan) {
  const json header = parse_line(line);
  try {
    if (header.at("format") != kFormat) throw broken(where, 1, "another format");
    if (header.at("version") != kVersion) throw broken(where, 1, "another version");
    plan.file = file_of(header);
    return header.at("points");
  } catch (const json::exception&) {
    throw broken(where, 1, "no header");
  }
}

}  // namespace

std::string manifest_text(const SweepPlan& plan) {
  try {
    std::string text = header_of(plan).dump() + "\n";
    for (std::size_t i = 0; i < plan.size(); ++i) text += line_of(plan, i).dump() + "\n";
    return text;
  } catch (const json::exception&) {
    throw usage_error({.what = "can't plan the sweep",
                       .where = "fixed, axes",
                       .found = "a value that is no UTF-8",
                       .expected = "UTF-8",
                       .hint = {}});
  }
}

SweepPlan parse_manifest(const std::string& text, const std::string& where) {
  std::istringstream in(text);
  std::string line;
  std::getline(in, line);
  SweepPlan plan;
  const std::size_t points = read_header(line, where, plan);
  while (plan.size() < points && std::getline(in, line)) {
    const json document = parse_line(line);
    const bool has_id =
        document.is_object() && document.contains("id") && document["id"].is_string();
    plan.ids.push_back(has_id ? document["id"].get<std::string>() : std::string());
    const std::size_t point = plan.size() - 1;
    if (!has_id || document != line_of(plan, point))
      throw broken(where, point + 2, "no such point");
  }
  if (plan.size() == points && !std::getline(in, line)) return plan;
  throw broken(where, plan.size() + 2, plan.size() < points ? "the end" : "more than its points");
}

}  // namespace pagequest::simulator
