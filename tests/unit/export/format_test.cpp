// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <catch2/catch.hpp>

#include "notebooks_export/html/escape.h"
#include "notebooks_export/number_format.h"

namespace pagequest::notebooks_export {
namespace {

std::string shown(double value, const std::string& unit) {
  ResultTable table("t", "", {{"x", unit}});
  table.add({value});
  return ColumnFormat(table, 0).number(value);
}

TEST_CASE("numbers get about four digits and commas") {
  CHECK(shown(1203.4, "tokens") == "1,203");
  CHECK(shown(123.456, "tokens") == "123.5");
  CHECK(shown(12.3456, "tokens") == "12.35");
  CHECK(shown(1.23456, "tokens") == "1.235");
  CHECK(shown(0.0123456, "s") == "0.01235");
  CHECK(shown(-1234567.8, "tokens") == "-1,234,568");
  CHECK(shown(0, "tokens") == "0");
}

TEST_CASE("a column's cells line up with its largest value") {
  ResultTable table("t", "", {{"x", "tokens"}});
  table.add({1.5});
  table.add({512.25});
  CHECK(ColumnFormat(table, 0).cell(table.rows()[0][0]) == "1.5");
  CHECK(ColumnFormat(table, 0).cell(table.rows()[1][0]) == "512.2");
}

TEST_CASE("shares are percentages, integers stay whole, NaN is a dash") {
  CHECK(shown(0.955, "share of episodes") == "95.5 %");
  CHECK(shown(0.00123, "share") == "0.123 %");
  CHECK(shown(std::numeric_limits<double>::quiet_NaN(), "tokens") == "\u2013");
  ResultTable table("t", "", {{"n", "episodes"}});
  table.add({std::int64_t{1234567}});
  CHECK(ColumnFormat(table, 0).cell(table.rows()[0][0]) == "1,234,567");
  CHECK(is_share("share of accesses"));
  CHECK_FALSE(is_share("shares"));
  CHECK(shown_unit("share of mass") == "% of mass");
}

TEST_CASE("a column is numeric if all of its cells are numbers") {
  ResultTable table("t", "", {{"a", ""}, {"b", ""}});
  table.add({1.0, std::int64_t{1}});
  CHECK(ColumnFormat(table, 0).numeric());
  table.add({std::string("x"), std::int64_t{2}});
  CHECK_FALSE(ColumnFormat(table, 0).numeric());
  CHECK(ColumnFormat(table, 1).numeric());
}

TEST_CASE("base64 equals the examples of RFC 4648, section 10") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe") == "//4=");
}

TEST_CASE("markup is escaped") {
  CHECK(escaped("<a href=\"x\">&amp;</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;amp;&lt;/a&gt;");
}

}  // namespace
}  // namespace pagequest::notebooks_export
