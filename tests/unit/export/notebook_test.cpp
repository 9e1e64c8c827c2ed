// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/notebook/notebook.h"

#include <cstdlib>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/export/sample_report.h"

namespace pagequest::notebooks_export {
namespace {

nlohmann::json notebook() {
  return nlohmann::json::parse(notebook_json(testing::sample_report(), "."));
}

std::string source(const nlohmann::json& cell) {
  std::string text;
  for (const auto& line : cell["source"]) text += line.get<std::string>();
  return text;
}

TEST_CASE("the notebook has what nbformat 4.5 requires, and no outputs") {
  const auto json = notebook();
  CHECK(json["nbformat"] == 4);
  CHECK(json["nbformat_minor"] == 5);
  CHECK(json["metadata"]["kernelspec"]["name"] == "python3");
  std::set<std::string> ids;
  const std::regex id("[a-zA-Z0-9-_]{1,64}");
  for (const auto& cell : json["cells"]) {
    const auto cell_id = cell["id"].get<std::string>();
    CHECK(std::regex_match(cell_id, id));
    CHECK(ids.insert(cell_id).second);
    CHECK(cell["metadata"].is_object());
    CHECK(cell["source"].is_array());
    const bool code = cell["cell_type"] == "code";
    CHECK((code || cell["cell_type"] == "markdown"));
    CHECK(cell.contains("outputs") == code);
    CHECK(cell.contains("execution_count") == code);
    if (code) {
      CHECK(cell["outputs"].empty());
      CHECK(cell["execution_count"].is_null());
    }
  }
}

TEST_CASE("Python compiles every code cell") {
  if (std::system("python3 --version > /dev/null 2>&1") != 0) {
    WARN("SKIPPED: no python3");
    SUCCEED("skipped");
    return;
  }
  const testing::TemporaryFolder folder;
  const auto json = notebook();
  int cells = 0;
  for (const auto& cell : json["cells"]) {
    if (cell["cell_type"] != "code") continue;
    const auto path = folder / ("cell" + std::to_string(cells++) + ".py");
    std::ofstream(path) << source(cell) << "\n";
    CAPTURE(source(cell));
    CHECK(std::system(("python3 -m py_compile '" + path.string() + "'").c_str()) == 0);
  }
  CHECK(cells > 8);
}

TEST_CASE("Python reads the embedded report back unchanged") {
  if (std::system("python3 --version > /dev/null 2>&1") != 0) {
    WARN("SKIPPED: no python3");
    SUCCEED("skipped");
    return;
  }
  const testing::TemporaryFolder folder;
  std::ofstream script(folder / "read.py");
  script << "import json\n";
  const auto json = notebook();
  for (const auto& cell : json["cells"]) {
    const std::string text = source(cell);
    if (text.rfind("REPORT = ", 0) == 0) script << text << "\n";
  }
  script << "assert REPORT['title'] == \"SideQuest beside \\\"full\\\" & 'friends'\"\n"
            "assert REPORT['sections'][0]['blocks'][1]['table']['rows'][0][2] == 0.96\n"
            "assert REPORT['sections'][0]['blocks'][1]['table']['rows'][0][7] is None\n";
  script.close();
  CHECK(std::system(("python3 '" + (folder / "read.py").string() + "'").c_str()) == 0);
}

TEST_CASE("trace paths are relative to the notebook") {
  const auto [folder, expected] =
      GENERATE(std::pair<std::string, std::string>{"traces/../out", "../traces/full.h5"},
               std::pair<std::string, std::string>{"traces", "full.h5"},
               std::pair<std::string, std::string>{".", "traces/full.h5"},
               std::pair<std::string, std::string>{"", "traces/full.h5"});
  const auto json = nlohmann::json::parse(notebook_json(testing::sample_report(), folder));
  bool found = false;
  for (const auto& cell : json["cells"]) {
    found = found || source(cell).find("\"full\": \"" + expected + "\"") != std::string::npos;
  }
  CHECK(found);
}

TEST_CASE("a report without traces still gives its own tables and charts") {
  auto report = testing::sample_report();
  report.traces.clear();
  const std::string text = notebook_json(report, ".");
  CHECK(text.find("TRACES = {") == std::string::npos);
  CHECK(text.find("draw(\\\"Throughput\\\")") != std::string::npos);
}

}  // namespace
}  // namespace pagequest::notebooks_export
