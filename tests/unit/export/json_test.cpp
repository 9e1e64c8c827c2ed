// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "notebooks_export/report_json.h"
#include "tests/unit/export/sample_report.h"

namespace pagequest::notebooks_export {
namespace {

TEST_CASE("the JSON holds every table with its units and numbers") {
  const auto json = nlohmann::json::parse(to_json(testing::sample_report(), 1));
  CHECK(json["schema"] == "pagequest-report");
  CHECK(json["schema_version"] == 1);
  CHECK(json["provenance"]["model"] == "pocket-0.8m <sha256 1f3c>");
  CHECK(json["traces"][1]["label"] == "sidequest");
  const auto& chart = json["sections"][0]["blocks"][1];
  CHECK(chart["type"] == "chart");
  CHECK(chart["kind"] == "scatter");
  CHECK(chart["y"] == nlohmann::json{"accuracy"});
  CHECK(chart["table"]["columns"][2]["unit"] == "share of episodes");
  CHECK(chart["table"]["rows"][0][2] == 0.96);
  CHECK(chart["table"]["rows"][0][1] == 200);
}

TEST_CASE("undefined numbers are null") {
  const auto json = nlohmann::json::parse(to_json(testing::sample_report(), -1));
  CHECK(json["sections"][0]["blocks"][1]["table"]["rows"][0][7].is_null());
}

TEST_CASE("bytes that are no UTF-8 do not break the JSON") {
  Report report = report_of_tables("bad \xff text", {});
  CHECK(nlohmann::json::accept(to_json(report, -1)));
}

}  // namespace
}  // namespace pagequest::notebooks_export
