// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/tables.h"

#include <limits>

#include <catch2/catch.hpp>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {
namespace {

ResultTable counting(std::int64_t from, std::int64_t to, const std::string& name = "t") {
  ResultTable table(name, "d", {{"n", ""}, {"square", ""}});
  for (std::int64_t i = from; i < to; ++i) table.add({i, i * i});
  return table;
}

TEST_CASE("stacked tables keep their rows in order") {
  const std::vector<ResultTable> tables = {labelled(counting(0, 2), "who", "a"),
                                           labelled(counting(5, 6), "who", "b")};
  const ResultTable table = stacked(tables);
  REQUIRE(table.rows().size() == 3);
  CHECK(table.text(2, "who") == "b");
  CHECK(table.number(2, "square") == 25);
}

TEST_CASE("rows and columns can be picked") {
  const ResultTable even = filtered(counting(0, 10), [](const ResultTable& t, std::size_t row) {
    return static_cast<int>(t.number(row, "n")) % 2 == 0;
  });
  CHECK(even.rows().size() == 5);
  const std::vector<std::string_view> columns = {"square"};
  const ResultTable squares = selected(even, columns);
  REQUIRE(squares.columns().size() == 1);
  CHECK(squares.number(4, "square") == 64);
}

TEST_CASE("a thinned table keeps its first and last row") {
  const ResultTable table = thinned(counting(0, 1001), 11);
  REQUIRE(table.rows().size() == 11);
  CHECK(table.number(0, "n") == 0);
  CHECK(table.number(5, "n") == 500);
  CHECK(table.number(10, "n") == 1000);
  CHECK(thinned(counting(0, 3), 11).rows().size() == 3);
}

TEST_CASE("a report's tables are listed once, and different ones of one name get a number") {
  ResultTable undefined("u", "", {{"x", ""}});
  undefined.add({std::numeric_limits<double>::quiet_NaN()});
  const Report report = report_of_tables(
      "r", {counting(0, 3), counting(0, 3), counting(0, 4), counting(0, 4), undefined, undefined});
  const auto tables = all_tables(report);
  REQUIRE(tables.size() == 3);
  CHECK(tables[0].name() == "t");
  CHECK(tables[1].name() == "t_2");
  CHECK(tables[1].rows().size() == 4);
  CHECK(tables[2].name() == "u");
}

}  // namespace
}  // namespace pagequest::notebooks_export
