// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/notebook/notebook.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "notebooks_export/notebook/python_cells.h"
#include "notebooks_export/report_json.h"

namespace pagequest::notebooks_export {
namespace {

using Json = nlohmann::ordered_json;

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), 64 bits.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return value;
}

std::string hexadecimal(std::uint64_t value) {
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15U];
  return out;
}

/// A Python string literal; JSON's escapes are Python's.
std::string python_text(const std::string& text) { return Json(text).dump(); }

class Notebook {
 public:
  void markdown(const std::string& source) { add("markdown", source); }
  void code(std::string_view source) {
    add("code", source);
    cells_.back()["execution_count"] = nullptr;
    cells_.back()["outputs"] = Json::array();
  }
  [[nodiscard]] std::string dump() const {
    const Json notebook = {
        {"cells", cells_},
        {"metadata",
         {{"kernelspec",
           {{"display_name", "Python 3"}, {"language", "python"}, {"name", "python3"}}},
          {"language_info", {{"name", "python"}}}}},
        {"nbformat", 4},
        {"nbformat_minor", 5}};
    return notebook.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  }

 private:
  /// Ids depend on place and content only, so that the same report gives the same bytes.
  void add(const char* type, std::string_view source) {
    const std::string id = hexadecimal(hash(std::to_string(cells_.size()).append(source)));
    cells_.push_back(
        {{"cell_type", type}, {"id", id}, {"metadata", Json::object()}, {"source", lines(source)}});
  }
  static Json lines(std::string_view source) {
    Json list = Json::array();
    while (!source.empty()) {
      const std::size_t end = source.find('\n');
      const std::size_t length = end == std::string_view::npos ? source.size() : end + 1;
      list.push_back(std::string(source.substr(0, length)));
      source.remove_prefix(length);
    }
    return list;
  }

  Json cells_ = Json::array();
};

std::string introduction(const Report& report) {
  std::string text = "# " + report.title + "\n\n" + report.subtitle + "\n\n";
  for (const auto& [key, value] : report.provenance) text += "- " + key + ": " + value + "\n";
  return text + "\nNeeds Python 3 with `h5py`, `numpy` and `matplotlib`.";
}

std::string trace_paths(const Report& report, const std::filesystem::path& folder) {
  std::string code = "# Relative to this notebook's folder.\nTRACES = {\n";
  const auto here = std::filesystem::absolute(folder.empty() ? "." : folder).lexically_normal();
  for (const auto& trace : report.traces) {
    const auto there = std::filesystem::absolute(trace.path).lexically_normal();
    code += "    " + python_text(trace.label) + ": " +
            python_text(there.lexically_proximate(here).string()) + ",\n";
  }
  return code + "}";
}

/// No quote of the JSON text can end the Python literal: apostrophes are written as escapes.
std::string embedded_report(const Report& report) {
  std::string json = to_json(report, -1);
  for (std::size_t at = json.find('\''); at != std::string::npos; at = json.find('\'', at)) {
    json.replace(at, 1, "\\u0027");
  }
  return "REPORT = json.loads(r'''" + json + "''')";
}

void add_trace_charts(Notebook& notebook) {
  notebook.markdown("## The traces");
  notebook.code(python_reader());
  notebook.markdown(
      "## Accuracy against peak tokens\nWhat a policy saves, and what it costs. Bars: 95 % Wilson "
      "interval.");
  notebook.code(python_accuracy());
  notebook.markdown(
      "## Live KV over time\nSolid: the main thread's live tokens. Dashed: with the auxiliary "
      "thread's own.");
  notebook.code(python_live_tokens());
  notebook.markdown(
      "## Stack distances\nThe number of distinct other pages that a layer and KV head accessed "
      "since a page's last access: a cache of that many pages or fewer misses it under LRU.");
  notebook.code(python_stack_distance());
}

void add_report_charts(Notebook& notebook, const Report& report) {
  notebook.markdown("## The report's own tables and charts\nWith what was simulated, as data.");
  notebook.code(embedded_report(report));
  notebook.code(python_draw());
  for (const auto& section : report.sections) {
    std::vector<std::string> titles;
    for (const auto& block : section.blocks) {
      if (const auto* chart = std::get_if<Chart>(&block)) titles.push_back(chart->title);
    }
    if (titles.empty()) continue;
    notebook.markdown("### " + section.heading + "\n" + section.text);
    for (const auto& title : titles) notebook.code("draw(" + python_text(title) + ")");
  }
}

}  // namespace

std::string notebook_json(const Report& report, const std::filesystem::path& folder) {
  Notebook notebook;
  notebook.markdown(introduction(report));
  notebook.code(python_imports());
  if (!report.traces.empty()) {
    notebook.code(trace_paths(report, folder));
    add_trace_charts(notebook);
  }
  add_report_charts(notebook, report);
  return notebook.dump();
}

}  // namespace pagequest::notebooks_export
