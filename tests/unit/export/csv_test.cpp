// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/csv.h"

#include <limits>

#include <catch2/catch.hpp>

namespace pagequest::notebooks_export {
namespace {

TEST_CASE("fields with commas, quotes and line ends are quoted as RFC 4180 says") {
  ResultTable table("t", "", {{"name", ""}, {"n", "tokens"}});
  table.add({std::string("plain"), std::int64_t{1}});
  table.add({std::string("a,b"), std::int64_t{-2}});
  table.add({std::string("say \"hi\"\nthere"), std::int64_t{3}});
  CHECK(to_csv(table) == "name,n\r\nplain,1\r\n\"a,b\",-2\r\n\"say \"\"hi\"\"\nthere\",3\r\n");
}

TEST_CASE("reals read back exactly and undefined values are empty") {
  ResultTable table("t", "", {{"x", ""}, {"y", ""}});
  table.add({0.1, std::numeric_limits<double>::quiet_NaN()});
  table.add({1e300, -2.5});
  CHECK(to_csv(table) == "x,y\r\n0.1,\r\n1e+300,-2.5\r\n");
}

}  // namespace
}  // namespace pagequest::notebooks_export
