// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/file_content.h"

namespace fs = std::filesystem;
using pagequest::testing::content_of;

namespace {

std::vector<fs::path> documents() {
  std::vector<fs::path> found;
  for (const auto* folder : {".", "docs", "docs/gpu", "engine/pocket"}) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".md") found.push_back(entry.path());
    }
  }
  return found;
}

std::vector<std::string> relative_links(const std::string& text) {
  static const std::regex kLink(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  std::vector<std::string> links;
  for (std::sregex_iterator it(text.begin(), text.end(), kLink), end; it != end; ++it) {
    links.push_back((*it)[1]);
  }
  return links;
}

}  // namespace

TEST_CASE("Every relative link of the documents leads to a file") {
  const auto all = documents();
  REQUIRE(all.size() >= 6);
  for (const auto& document : all) {
    for (const auto& link : relative_links(content_of(document))) {
      INFO(document << " links to " << link);
      CHECK(fs::exists(document.parent_path() / link));
    }
  }
}

TEST_CASE("The README stays within 200 lines") {
  const std::string text = content_of("README.md");
  const auto lines = std::count(text.begin(), text.end(), '\n');
  CHECK(lines > 20);
  CHECK(lines <= 200);
}

TEST_CASE("Every file that the reading order names exists") {
  static const std::regex kFile(R"(`([a-z_]+/[a-z_/]*(\.[a-z]+)?)`)");
  const std::string text = content_of("docs/reading_order.md");
  std::size_t named = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), kFile), end; it != end; ++it, ++named) {
    INFO((*it)[1]);
    CHECK(fs::exists(std::string((*it)[1])));
  }
  CHECK(named >= 10);
}
