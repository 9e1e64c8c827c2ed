// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/result_table.h"

#include <catch2/catch.hpp>

using namespace pagequest;

TEST_CASE("A table gives its cells back by row and column name") {
  ResultTable table("episodes", "One row a policy.", {{"policy", ""}, {"peak", "tokens"}});
  table.add({std::string("full"), std::int64_t{1200}});
  table.add({std::string("h2o"), 512.5});
  CHECK(table.text(0, "policy") == "full");
  CHECK(table.number(0, "peak") == 1200.0);
  CHECK(table.number(1, "peak") == 512.5);
  CHECK(table.rows().size() == 2);
  CHECK(table.columns()[1].unit == "tokens");
}
