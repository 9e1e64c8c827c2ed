// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/collect.h"

#include <filesystem>
#include <string>

#include <sqlite3.h>

#include "simulator/sweep/sqlite_file.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

using testing::content_of;
using testing::TemporaryFolder;

SweepPlan some_plan() {
  return planned("axes: {policy: [full, h2o], share: [0.5, 1], concurrency: [8]}\n");
}

PointResults some_results() {
  PointResults results(4);
  results[0] = PointResult{.metrics = {{"tpot", 0.25}, {"ttft", 2.0}}, .error = {}};
  results[1] = PointResult{.metrics = {}, .error = "no room"};
  results[3] = PointResult{.metrics = {{"tpot", 0.5}}, .error = {}};
  return results;
}

std::vector<std::string> column_names(const ResultTable& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns()) names.push_back(column.name);
  return names;
}

TEST_CASE("The table has a row for each point with a result, in the order of the points") {
  const auto table = points_table(some_plan(), some_results());
  CHECK(column_names(table) == std::vector<std::string>{"point", "id", "policy", "share",
                                                        "concurrency", "error", "tpot", "ttft"});
  REQUIRE(table.rows().size() == 3);
  CHECK(table.number(2, "point") == 3);
  CHECK(table.text(0, "policy") == "full");
  CHECK(table.text(1, "error") == "no room");
  CHECK(table.number(2, "tpot") == 0.5);
  CHECK(table.text(2, "ttft").empty());
}

TEST_CASE("Axes of numbers are numbers, whole where all are") {
  const auto table = points_table(some_plan(), some_results());
  CHECK(std::holds_alternative<double>(table.rows()[1][table.column("share")]));
  CHECK(std::holds_alternative<std::int64_t>(table.rows()[1][table.column("concurrency")]));
}

TEST_CASE("A search marks its front") {
  const auto plan = planned(
      "axes: {share: [1, 2, 3]}\n"
      "search: {maximise: [a], points: 3}\n");
  PointResults results(3);
  for (std::size_t i : {0U, 1U, 2U}) {
    results[i] = PointResult{.metrics = {{"a", i == 1 ? 5.0 : 1.0}}, .error = {}};
  }
  const auto table = points_table(plan, results);
  CHECK(table.number(0, "on_front") == 0);
  CHECK(table.number(1, "on_front") == 1);
}

/// Rows of a query, columns separated by "|".
std::string query(const std::filesystem::path& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  std::string out;
  const auto add_row = [](void* text, int columns, char** values, char**) {
    auto& lines = *static_cast<std::string*>(text);
    for (int c = 0; c < columns; ++c) {
      lines += std::string(c > 0 ? "|" : "") + (values[c] != nullptr ? values[c] : "NULL");
    }
    lines += "\n";
    return 0;
  };
  CHECK(sqlite3_exec(database, sql.c_str(), add_row, &out, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  return out;
}

TEST_CASE("The database holds typed rows, and NULL for what is missing") {
  const TemporaryFolder folder;
  const ResultTable tables[] = {points_table(some_plan(), some_results()),
                                fixed_table(some_plan())};
  write_sqlite(tables, folder / "p.sqlite");
  CHECK(
      query(folder / "p.sqlite",
            "SELECT policy, share, typeof(share), typeof(point), tpot, ttft, error FROM points") ==
      "full|0.5|real|integer|0.25|2.0|NULL\n"
      "full|1.0|real|integer|NULL|NULL|no room\n"
      "h2o|1.0|real|integer|0.5|NULL|NULL\n");
}

TEST_CASE("Equal tables give an equal database, which replaces the old one") {
  const TemporaryFolder folder;
  const ResultTable tables[] = {points_table(some_plan(), some_results())};
  write_sqlite(tables, folder / "a.sqlite");
  write_sqlite(tables, folder / "b.sqlite");
  write_sqlite(tables, folder / "b.sqlite");
  CHECK((content_of(folder / "a.sqlite") == content_of(folder / "b.sqlite")));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 2);
}

TEST_CASE("Names with quotes stay names") {
  const TemporaryFolder folder;
  ResultTable table("a\"b", "", {{"c\"d", ""}});
  table.add({std::int64_t{3}});
  write_sqlite(std::span(&table, 1), folder / "q.sqlite");
  CHECK(query(folder / "q.sqlite", R"(SELECT "c""d" FROM "a""b")") == "3\n");
}

TEST_CASE("A database that can't be written is an output error") {
  const TemporaryFolder folder;
  const ResultTable tables[] = {fixed_table(some_plan())};
  const auto message = message_of([&] {
    write_sqlite(tables, folder / "none/p.sqlite");
    return 0;
  });
  CHECK(message.find("can't write a database") != std::string::npos);
}

}  // namespace
}  // namespace pagequest::simulator
