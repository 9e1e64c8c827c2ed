// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/report_text.h"

#include <limits>
#include <sstream>

#include <catch2/catch.hpp>

namespace pagequest::notebooks_export {
namespace {

ResultTable table() {
  ResultTable out("summary", "What it says.",
                  {{"policy", ""}, {"accuracy", "share of episodes"}, {"peak", "tokens"}});
  out.add({std::string("full"), 0.96, 1203.4});
  out.add({std::string("sidequest"), std::numeric_limits<double>::quiet_NaN(), 652.7});
  return out;
}

TEST_CASE("columns are aligned, numbers to the right, units below the names") {
  CHECK(to_text(table()) ==
        "summary\n"
        "What it says.\n"
        "policy              accuracy    peak\n"
        "           share of episodes  tokens\n"
        "full                  96.0 %   1,203\n"
        "sidequest                  \u2013     653\n");
}

TEST_CASE("a table wider than the terminal is cut into bands with the first column repeated") {
  const std::string text = to_text(table(), {.width = 30, .max_rows = 0, .description = false});
  CHECK(text ==
        "summary\n"
        "policy              accuracy\n"
        "           share of episodes\n"
        "full                  96.0 %\n"
        "sidequest                  \u2013\n"
        "\n"
        "policy       peak\n"
        "           tokens\n"
        "full        1,203\n"
        "sidequest     653\n");
}

TEST_CASE("one row is a list of names and values") {
  ResultTable single("t", "",
                     {{"policy", ""}, {"accuracy", "share of episodes"}, {"peak", "tokens"}});
  single.add({std::string("full"), 0.5, 12.0});
  CHECK(to_text(single) ==
        "t\npolicy    full\naccuracy  50.0 % of episodes\npeak      12 tokens\n");
}

TEST_CASE("rows beyond the limit are counted") {
  ResultTable longer("t", "", {{"n", ""}});
  for (std::int64_t i = 0; i < 50; ++i) longer.add({i});
  const std::string text = to_text(longer, {.width = 80, .max_rows = 3, .description = true});
  CHECK(text.find("... 47 more rows\n") != std::string::npos);
}

TEST_CASE("a description is wrapped at the terminal's width") {
  const ResultTable described("t", "one two three four five six seven", {{"n", ""}});
  std::istringstream lines(to_text(described, {.width = 12, .max_rows = 0, .description = true}));
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, line.size());
  CHECK(longest <= 12);
}

}  // namespace
}  // namespace pagequest::notebooks_export
