// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/agent/tasks/answers.h"
#include "engine/agent/tasks/corpus/build.h"
#include "engine/agent/tasks/task.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent {
namespace {

const std::string kFolder = "engine/agent/tasks/sample_corpus/";

class Opened {
 public:
  explicit Opened(const std::string& questions = kFolder + "questions.jsonl") {
    build_corpus(kFolder + "documents.jsonl", folder_ / "c.sqlite");
    source_ = open_task(
        "corpus", {.files = {.questions = questions, .corpus = (folder_ / "c.sqlite").string()}},
        tokenizer_);
  }
  [[nodiscard]] const TaskSource& source() const { return *source_; }

 private:
  testing::TemporaryFolder folder_;
  model::Tokenizer tokenizer_ = testing::harmony_tokenizer();
  std::unique_ptr<TaskSource> source_;
};

TEST_CASE("Every answer of the sample questions stands in the sample documents") {
  std::string all;
  std::ifstream in(kFolder + "documents.jsonl");
  for (std::string line; std::getline(in, line);) {
    all += nlohmann::json::parse(line)["text"].get<std::string>() + "\n";
  }
  std::ifstream questions(kFolder + "questions.jsonl");
  std::size_t count = 0;
  for (std::string line; std::getline(questions, line); ++count) {
    const auto question = nlohmann::json::parse(line);
    INFO(line);
    CHECK(gives_answer(all, question["answers"].get<std::vector<std::string>>()));
  }
  CHECK(count == 24);
}

TEST_CASE("An episode asks its question and counts calls against the need") {
  const Opened opened;
  REQUIRE(opened.source().size() == 24);
  const auto world = opened.source().make(1);
  const auto conversation = world->conversation();
  CHECK(conversation.messages.at(0).author == chat::Author::system);
  CHECK(conversation.messages.at(1).content ==
        "In which year was the lighthouse on Vell first lit?");
  CHECK(conversation.tools.at(0).functions.size() == 3);
  CHECK(world->needed_calls() == 2);
  const auto reply = world->call({.name = "search", .arguments = "{\"query\": \"Vell\"}"});
  CHECK(world->cursor_title(reply.cursor) == "Search results for: Vell");
  world->call({.name = "open", .arguments = "{\"id\": 0}"});
  CHECK(world->grade("It was lit in 1834.").strict);
  world->call({.name = "open", .arguments = "{}"});
  CHECK(world->grade("It was lit in 1834.").correct);
  CHECK_FALSE(world->grade("It was lit in 1834.").strict);
  CHECK_FALSE(world->grade("1835").correct);
}

TEST_CASE("Worlds of one source do not share cursors") {
  const Opened opened;
  const auto first = opened.source().make(0);
  const auto second = opened.source().make(0);
  CHECK(first->call({.name = "search", .arguments = "{\"query\": \"a\"}"}).cursor == 0);
  CHECK(second->call({.name = "search", .arguments = "{\"query\": \"a\"}"}).cursor == 0);
}

TEST_CASE("Questions without an answer are refused by file, line and field") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "q.jsonl") << "{\"question\": \"Why?\"}\n";
  CHECK_THROWS_WITH(Opened((folder / "q.jsonl").string()),
                    Catch::Contains("q.jsonl, line 1, field `answer`"));
}

}  // namespace
}  // namespace pagequest::agent
