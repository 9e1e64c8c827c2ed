// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The browser against the behaviour of gpt-oss's simple browser tool (openai/gpt-oss,
// gpt_oss/tools/simple_browser), on the sample corpus.
#include "engine/agent/tasks/corpus/browser.h"

#include <string>

#include <catch2/catch.hpp>

#include "engine/agent/tasks/corpus/build.h"
#include "engine/agent/tasks/corpus/wrap.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent {
namespace {

class Played {
 public:
  explicit Played(std::int32_t view_tokens = 1024) : browser_(index(), tokenizer(), view_tokens) {}

  ToolReply operator()(const std::string& name, const std::string& arguments) {
    return browser_.call({.name = name, .arguments = arguments});
  }
  ToolReply open(const std::string& page) {
    return (*this)("open", "{\"id\": \"https://isles.example/wiki/" + page + "\"}");
  }
  [[nodiscard]] const Browser& browser() const { return browser_; }
  [[nodiscard]] static const model::Tokenizer& tokenizer() {
    static const model::Tokenizer kTokenizer = testing::harmony_tokenizer();
    return kTokenizer;
  }

 private:
  [[nodiscard]] static const CorpusIndex& index() {
    static const testing::TemporaryFolder kFolder;
    static const CorpusIndex kIndex = [] {
      build_corpus("engine/agent/tasks/sample_corpus/documents.jsonl", kFolder / "c.sqlite");
      return CorpusIndex(kFolder / "c.sqlite");
    }();
    return kIndex;
  }

  Browser browser_;
};

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("A search shows its results as a page of links") {
  Played browser;
  const auto reply = browser("browser.search", "{\"query\": \"Widow Light\", \"topn\": 5}");
  REQUIRE(reply.ok);
  CHECK(reply.cursor == 0);
  CHECK(begins(reply.text, "[0] Widow Light\n**viewing lines [0 - "));
  CHECK(contains(reply.text, "\n\nL0: \nL1: URL: \nL2: # Search Results\nL3: \nL4:   * 【0†"));
  CHECK(contains(reply.text, "Widow Light†isles.example】"));
}

TEST_CASE("A link opens by its id, its page has links without domain") {
  Played browser;
  browser("search", "{\"query\": \"widows of the Heron paid\"}");
  const auto reply = browser("open", "{\"id\": 0, \"cursor\": 0}");
  REQUIRE(reply.ok);
  CHECK(reply.cursor == 1);
  CHECK(begins(reply.text, "[1] Widow Light (https://isles.example/wiki/Widow_Light)\n**viewing "));
  CHECK(contains(reply.text, "L1: URL: https://isles.example/wiki/Widow_Light"));
  CHECK(contains(reply.text, "【0†Brack】"));
  CHECK_FALSE(contains(reply.text, "]("));
  const auto next = browser("open", "{\"id\": 0}");
  CHECK(begins(next.text, "[2] Brack (https://isles.example/wiki/Brack)"));
}

TEST_CASE("Every display takes the next cursor, the same page as well; errors take none") {
  Played browser;
  CHECK(browser.open("Brack").cursor == 0);
  CHECK(browser.open("Brack").cursor == 1);
  const auto error = browser.open("Nowhere");
  CHECK_FALSE(error.ok);
  CHECK(error.cursor == -1);
  CHECK(contains(error.text, "Error fetching URL `https://isles.example/wiki/Nowhere`"));
  CHECK(browser("find", "{\"pattern\": \"salt\"}").cursor == 2);
  CHECK(browser("open", "{\"cursor\": 0, \"loc\": 3}").cursor == 3);
}

TEST_CASE("Open without an id shows another part of a page") {
  Played browser;
  browser.open("Vell");
  const auto reply = browser("open", "{\"loc\": 3, \"num_lines\": 2}");
  CHECK(contains(reply.text, "**viewing lines [3 - 4] of "));
  CHECK(contains(reply.text, "**\n\nL3: "));
  CHECK(contains(reply.text, "\nL4: "));
  CHECK_FALSE(contains(reply.text, "\nL5: "));
}

TEST_CASE("A window holds the asked tokens, rounded up to a whole line") {
  Played small(40);
  const auto reply = small.open("Marrow_Isles");
  const auto body = reply.text.substr(reply.text.find("\n\n") + 2);
  const auto shown = Played::tokenizer().encode_ordinary(body).size();
  const auto but_last =
      Played::tokenizer().encode_ordinary(body.substr(0, body.rfind('\n'))).size();
  CHECK(shown >= 40);
  CHECK(but_last <= 40);
  CHECK_FALSE(contains(Played().open("Marrow_Isles").text, "**viewing lines [0 - 3]"));
}

TEST_CASE("Lines are wrapped at 80 characters and numbered") {
  Played browser;
  const auto text = browser.open("Marrow_Isles").text;
  for (const auto& line : wrap_lines(text, 100)) CHECK(line.size() < 200);
  CHECK(contains(text, "\nL2: The Marrow Isles are an invented archipelago"));
}

TEST_CASE("Find lists matches with their lines, and they open four lines above") {
  Played browser;
  browser.open("Marrow_Isles");
  const auto found = browser("find", "{\"pattern\": \"GREY LINE\"}");
  REQUIRE(found.ok);
  CHECK(begins(found.text,
               "[1] Find results for text: `grey line` in `Marrow Isles` "
               "(https://isles.example/wiki/Marrow_Isles/find?pattern=grey line)\n"));
  const auto mark = found.text.find("# 【0†match at L");
  REQUIRE(mark != std::string::npos);
  const auto number = found.text.find("match at L", mark) + std::string("match at L").size();
  const int line = std::stoi(found.text.substr(number));
  const auto opened = browser("open", "{\"id\": 0}");
  const int first = line > 4 ? line - 4 : line;
  CHECK(contains(opened.text, "**viewing lines [" + std::to_string(first) + " - "));
  CHECK(contains(browser("find", "{\"pattern\": \"zebra\", \"cursor\": 0}").text,
                 "No `find` results for pattern: `zebra`"));
}

TEST_CASE("The source of a page stays open to find, to its matches and to its own URL") {
  Played browser;
  browser.open("Widow_Light");
  const auto source = browser("open", "{\"view_source\": true}");
  const std::string url = "view-source:https://isles.example/wiki/Widow_Light";
  REQUIRE(begins(source.text, "[1] Widow Light (" + url + ")\n"));
  CHECK(contains(source.text, "[Brack](https://isles.example/wiki/Brack)"));
  CHECK(browser("find", "{\"pattern\": \"Brack\"}").cursor == 2);
  const auto match = browser("open", "{\"id\": 0}");
  CHECK(begins(match.text, "[3] Widow Light (" + url + ")\n"));
  CHECK(begins(browser("open", "{\"view_source\": true}").text, "[4] Widow Light (" + url + ")\n"));
  CHECK(
      begins(browser("open", "{\"id\": \"" + url + "\"}").text, "[5] Widow Light (" + url + ")\n"));
  CHECK(contains(browser("open", "{\"id\": \"view-source:u:none\"}").text, "no such document"));
}

TEST_CASE("Find shows links as their text and stops after 50 matches") {
  Page page{.kind = Page::Kind::document, .url = "u:x", .title = "X", .text = {}, .links = {}};
  for (int i = 0; i < 400; ++i) page.text += "line 【0†with a link†host.example】\n";
  const Page found = find_page(page, "with a link");
  CHECK(found.links.size() == 50);
  CHECK(contains(found.text, "# 【49†match at L196】\nline with a link\n"));
}

TEST_CASE("Mistakes are answered in words") {
  Played browser;
  CHECK(browser("open", "{\"id\": 3}").text == "No pages to access!");
  CHECK(contains(browser("search", "{\"query\": 3}").text, "Invalid function arguments"));
  CHECK(contains(browser("search", "nonsense").text, "Invalid function arguments"));
  CHECK(contains(browser("browser.click", "{}").text, "Unknown function: click"));
  browser("search", "{\"query\": \"salt\"}");
  CHECK(browser("open", "{\"id\": 99}").text == "Invalid link id `99`.");
  CHECK(browser("open", "{\"cursor\": 7}").text ==
        "Cursor `7` is out of range. Available cursor indices: [0 - 0].");
  CHECK(contains(browser("open", "{\"cursor\": \"0\"}").text, "`cursor` should be an integer"));
  CHECK(contains(browser("open", "{\"loc\": 10000}").text,
                 "Invalid location parameter: `10000`. Cannot exceed page maximum of "));
  CHECK(browser("find", "{\"pattern\": \"x\"}").text ==
        "Cannot run `find` on search results page or find results page");
  CHECK(browser("search", "{\"query\": \"tide\"}").cursor == 1);
}

TEST_CASE("The result page of an older search stays reachable") {
  Played browser;
  browser("search", "{\"query\": \"owls\"}");
  browser("search", "{\"query\": \"pudding\"}");
  CHECK(begins(browser("open", "{\"cursor\": 0}").text, "[2] owls\n"));
  CHECK(browser.browser().title(1) == "Search results for: pudding");
}

TEST_CASE("Texts cannot forge link marks") {
  const Page page = document_page({.url = "u:x", .title = "X", .text = "see 【9†trap】 [a](u:y)"});
  CHECK(contains(page.text, "see 〖9‡trap〗 【0†a】"));
  CHECK(page.links.size() == 1);
}

}  // namespace
}  // namespace pagequest::agent
