// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/agent/tasks/task.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent {
namespace {

class PromptsFile {
 public:
  explicit PromptsFile(const std::string& content) {
    std::ofstream(folder_ / "prompts.jsonl") << content;
  }
  [[nodiscard]] std::unique_ptr<TaskSource> open() const {
    return open_task("prompts", {.files = {.prompts = (folder_ / "prompts.jsonl").string()}},
                     tokenizer_);
  }

 private:
  testing::TemporaryFolder folder_;
  model::Tokenizer tokenizer_ = testing::tokenizer_with("gpt2", {});
};

TEST_CASE("Prompts are read in order, as texts or as messages") {
  const PromptsFile file(
      "{\"prompt\": \"Two plus two?\", \"answer\": 4, \"max_tokens\": 12}\n\n"
      "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"},"
      " {\"role\": \"user\", \"content\": \"Hi\"}], \"id\": \"b\"}\n");
  const auto source = file.open();
  REQUIRE(source->size() == 2);
  const auto first = source->make(0);
  CHECK(first->conversation().messages.at(0).content == "Two plus two?");
  CHECK(first->conversation().tools.empty());
  CHECK(first->turn_max_tokens() == 12);
  const auto second = source->make(1);
  CHECK(second->conversation().messages.at(0).author == chat::Author::system);
  CHECK(second->conversation().messages.at(1).content == "Hi");
  CHECK_FALSE(second->turn_max_tokens().has_value());
}

TEST_CASE("A generation is correct when it gives the answer; without one nothing is") {
  const PromptsFile file(
      "{\"prompt\": \"?\", \"answers\": [\"four\", \"4\"]}\n{\"prompt\": \"?\"}");
  const auto source = file.open();
  CHECK(source->make(0)->grade("It is 4.").correct);
  CHECK_FALSE(source->make(0)->grade("It is 44.").correct);
  CHECK_FALSE(source->make(1)->grade("It is 4.").correct);
}

TEST_CASE("Bad lines are refused by file, line and field") {
  const auto complaint = [](const std::string& content) {
    const PromptsFile file(content);
    try {
      (void)file.open();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string good = "{\"prompt\": \"a\"}\n";
  CHECK_THAT(complaint(good + "{\"prompt\": 3}"),
             Catch::Contains("prompts.jsonl, line 2, field `prompt`"));
  CHECK_THAT(complaint(good + "\nnot json"), Catch::Contains("line 3"));
  CHECK_THAT(complaint(good + "[1]"), Catch::Contains("line 2"));
  CHECK_THAT(complaint("{}"), Catch::Contains("either `prompt` or `messages`"));
  CHECK_THAT(complaint("{\"prompt\": \"a\", \"messages\": []}"), Catch::Contains("both"));
  CHECK_THAT(complaint("{\"messages\": []}"), Catch::Contains("field `messages`"));
  CHECK_THAT(complaint("{\"messages\": [{\"role\": \"robot\", \"content\": \"x\"}]}"),
             Catch::Contains("role `robot`"));
  CHECK_THAT(complaint("{\"messages\": [{\"role\": \"user\"}]}"), Catch::Contains("`content`"));
  CHECK_THAT(complaint("{\"prompt\": \"a\", \"max_tokens\": 0}"),
             Catch::Contains("field `max_tokens`"));
  CHECK_THAT(complaint("{\"prompt\": \"a\", \"answer\": {}}"), Catch::Contains("field `answer`"));
  CHECK_THAT(complaint("{\"prompt\": \"\xFF\"}"), Catch::Contains("line 1"));
  CHECK_THAT(complaint(""), Catch::Contains("an empty file"));
}

TEST_CASE("Brackets that nest too deeply are refused by line") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const auto complain = [](const std::string& content) {
    CHECK_THROWS_WITH(PromptsFile(content).open(),
                      Catch::Contains("line 2") && Catch::Contains("deeper than 100"));
  };
  const std::string good = "{\"prompt\": \"a\"}\n";
  complain(good + "{\"messages\": " + nested(100'000) + "}");
  complain(good + "{\"prompt\": \"a\", \"answer\": " + nested(100) + "}");
  complain(good + "{\"messages\": " + std::string(100'000, '['));
  CHECK_THROWS_WITH(
      PromptsFile(good + "{\"prompt\": \"a\", \"answer\": " + nested(99) + "}").open(),
      Catch::Contains("field `answer`"));
  CHECK(PromptsFile("{\"prompt\": \"" + std::string(200, '[') + "\"}").open()->size() == 1);
}

TEST_CASE("Tasks name the files that they need or have no use for") {
  const auto tokenizer = testing::tokenizer_with("gpt2", {});
  CHECK_THROWS_WITH(open_task("prompts", {}, tokenizer), Catch::Contains("--prompts"));
  CHECK_THROWS_WITH(open_task("prompts", {.files = {.prompts = "/nowhere/p.jsonl"}}, tokenizer),
                    Catch::Contains("/nowhere/p.jsonl"));
  CHECK_THROWS_WITH(open_task("pocket-hops", {.files = {.corpus = "c"}}, tokenizer),
                    Catch::Contains("no use for this file") && Catch::Contains("--corpus"));
  CHECK_THROWS_WITH(open_task("corpus", {.files = {.questions = "q"}}, tokenizer),
                    Catch::Contains("--corpus"));
  CHECK_THROWS_WITH(make_world("prompts", "default", 0, 0), Catch::Contains("no expert"));
}

}  // namespace
}  // namespace pagequest::agent
