// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "notebooks_export/html/page.h"
#include "tests/unit/export/sample_report.h"

namespace pagequest::notebooks_export {
namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

std::string without_style(std::string page) {
  const auto begin = page.find("<style>") + std::string("<style>").size();
  return page.erase(begin, page.find("</style>") - begin);
}

TEST_CASE("the page asks for nothing outside itself and runs no script") {
  const std::string page = html_page(testing::sample_report());
  CHECK(page.find("http://") == std::string::npos);
  CHECK(page.find("https://") == std::string::npos);
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("<link") == std::string::npos);
  CHECK(page.find("<img") == std::string::npos);
  CHECK(page.find("url(") == std::string::npos);
  CHECK(page.find("@import") == std::string::npos);
}

TEST_CASE("every element that is opened is closed, in order") {
  const std::string page = without_style(html_page(testing::sample_report()));
  const std::set<std::string> kVoid = {"meta", "!DOCTYPE"};
  const std::regex tag("<(/?)([A-Za-z!0-9]+)[^>]*?(/?)>");
  std::vector<std::string> open;
  for (std::sregex_iterator it(page.begin(), page.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (kVoid.count(name) > 0 || (*it)[3] == "/") continue;
    if ((*it)[1] == "/") {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == name);
      open.pop_back();
    } else {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
}

TEST_CASE("every link of the contents has its target, once") {
  const std::string page = html_page(testing::sample_report());
  const std::regex link("href=\"#([^\"]+)\"");
  std::set<std::string> targets;
  for (std::sregex_iterator it(page.begin(), page.end(), link), end; it != end; ++it) {
    targets.insert((*it)[1]);
  }
  CHECK(targets.size() == 9);  // four headings, five charts
  for (const auto& target : targets) {
    CAPTURE(target);
    CHECK(count(page, "id=\"" + target + "\"") == 1);
  }
}

TEST_CASE("texts are escaped and only backticks are markup") {
  const std::string page = html_page(testing::sample_report());
  CHECK(page.find("<b>this</b>") == std::string::npos);
  CHECK(page.find("&lt;b&gt;this&lt;/b&gt;") != std::string::npos);
  CHECK(page.find("<code>no call</code>") != std::string::npos);
  CHECK(page.find("<sha256") == std::string::npos);
}

TEST_CASE("every chart comes with its picture, its numbers and a CSV link") {
  const std::string page = html_page(testing::sample_report());
  CHECK(count(page, "<figure") == 5);
  CHECK(count(page, "<svg class=\"chart\"") == 5);
  CHECK(count(page, "<summary>The numbers</summary>") == 5);
  CHECK(count(page, "href=\"data:text/csv;base64,") == 7);  // and two tables of their own
  CHECK(count(page, "<table>") == 7);
}

TEST_CASE("every point has its numbers in a tooltip") {
  const std::string page = html_page(testing::sample_report());
  CHECK(page.find("<title>sidequest\npeak tokens mean: 653 tokens\naccuracy: 95.0 % (91.0 % to "
                  "97.3 %)</title>") != std::string::npos);
}

TEST_CASE("a policy has one colour in all charts") {
  const std::string page = html_page(testing::sample_report());
  // The scatter chart meets full, h2o, sidequest, streaming in this order.
  CHECK(page.find("class=\"line c2 d0\"") != std::string::npos);
  CHECK(page.find("class=\"bar c2 d0\"") != std::string::npos);
  CHECK(page.find("class=\"line c1") == std::string::npos);
}

TEST_CASE("a long table shows its first rows and says so") {
  Report report = report_of_tables("long", {});
  ResultTable table("t", "", {{"n", ""}});
  for (std::int64_t i = 0; i < 1000; ++i) table.add({i});
  report.sections[0].blocks.emplace_back(TableBlock{.title = "t", .table = table});
  const std::string page = html_page(report);
  CHECK(count(page, "<tr>") == 401);
  CHECK(page.find("The first 400 of 1000 rows.") != std::string::npos);
}

TEST_CASE("headings that are alike or empty get different anchors") {
  const Report report{.title = "t",
                      .subtitle = {},
                      .provenance = {},
                      .traces = {},
                      .sections = {{"A b!", {}, {}}, {"a B", {}, {}}, {"…", {}, {}}}};
  const std::string page = html_page(report);
  CHECK(page.find("id=\"a-b\"") != std::string::npos);
  CHECK(page.find("id=\"a-b-2\"") != std::string::npos);
  CHECK(page.find("id=\"part\"") != std::string::npos);
}

TEST_CASE("a chart without points says so") {
  Report report = report_of_tables("empty", {});
  report.sections[0].blocks.emplace_back(
      Chart{.kind = ChartKind::line,
            .title = "nothing",
            .caption = {},
            .table = ResultTable("t", "", {{"x", ""}, {"y", ""}}),
            .x = "x",
            .y = {"y"}});
  CHECK(html_page(report).find(">no data</text>") != std::string::npos);
}

TEST_CASE("the same report gives the same bytes") {
  CHECK(html_page(testing::sample_report()) == html_page(testing::sample_report()));
}

}  // namespace
}  // namespace pagequest::notebooks_export
