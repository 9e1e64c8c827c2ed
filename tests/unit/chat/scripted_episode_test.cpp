// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What a model would write, played against the corpus task: renderer, parser and tools together, in
// each format. The history that grows turn by turn has to be the rendering of the whole
// conversation, which tests/reference/chat holds against the public templates.
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/rng.h"
#include "engine/agent/chat/registry.h"
#include "engine/agent/tasks/corpus/build.h"
#include "engine/agent/tasks/task.h"
#include "tests/support/chat_tokenizer.h"

namespace pagequest::agent::chat {
namespace {

const std::string kSample = "engine/agent/tasks/sample_corpus/";

struct Script {
  std::string format;
  model::Tokenizer tokenizer;
  std::string name_space;          // of calls
  std::vector<std::string> turns;  // what the model writes
};

/// Asks for the year in which the lighthouse on Vell was lit first.
std::vector<Script> scripts() {
  const std::string search = "{\"query\": \"lighthouse on Vell\"}";
  const std::string open = "{\"id\": \"https://isles.example/wiki/Crane_Light\"}";
  const auto hermes = [](const std::string& name, const std::string& arguments) {
    return "<think>\nNext.\n</think>\n\n<tool_call>\n{\"name\": \"" + name +
           "\", \"arguments\": " + arguments + "}\n</tool_call><|im_end|>";
  };
  const auto object = [](const std::string& name, const std::string& arguments) {
    return "{\"name\": \"" + name + "\", \"parameters\": " + arguments + "}<|eot_id|>";
  };
  const auto browse = [](const std::string& name, const std::string& arguments) {
    return "<|channel|>analysis<|message|>Next.<|end|><|start|>assistant<|channel|>commentary "
           "to=browser." +
           name + " code<|message|>" + arguments + "<|call|>";
  };
  return {{"chatml",
           testing::qwen3_tokenizer(),
           "",
           {hermes("search", search), hermes("open", open),
            "<think>\nDone.\n</think>\n\nIn 1834.<|im_end|>"}},
          {"llama3",
           testing::llama3_tokenizer(),
           "",
           {object("search", search), object("open", open), "In 1834.<|eot_id|>"}},
          {"harmony",
           testing::harmony_tokenizer(),
           "browser.",
           {browse("search", search), browse("open", open),
            "<|channel|>analysis<|message|>Done.<|end|><|start|>assistant<|channel|>final"
            "<|message|>In 1834【1†L2】.<|return|>"}}};
}

class Play {
 public:
  explicit Play(const Script& script)
      : script_(script), format_(make_format(script.format, script_.tokenizer, {}, {})) {
    build_corpus(kSample + "documents.jsonl", folder_ / "c.sqlite");
    source_ = open_task("corpus",
                        {.files = {.questions = kSample + "questions.jsonl",
                                   .corpus = (folder_ / "c.sqlite").string()}},
                        script_.tokenizer);
    world_ = source_->make(1);
    conversation_ = world_->conversation();
    history_ = format_->prompt(conversation_).tokens;
  }

  Turn turn(const std::string& text) {
    const auto parser = format_->parser(true);
    bool ended = false;
    for (const auto token : script_.tokenizer.encode(text)) ended = parser->push(token);
    CHECK(ended);
    Turn turn = parser->turn();
    if (turn.kind == TurnKind::calls) answer(turn, *parser);
    return turn;
  }

  [[nodiscard]] const std::vector<std::int32_t>& history() const { return history_; }
  [[nodiscard]] std::vector<std::int32_t> rendered() const {
    return format_->prompt(conversation_).tokens;
  }
  [[nodiscard]] const World& world() const { return *world_; }

 private:
  void answer(const Turn& turn, const TurnParser& parser) {
    const auto& call = turn.calls.at(0).call;
    const auto reply = world_->call(call);
    CHECK(reply.ok);
    const ToolOutput output{.tool = call.name, .text = reply.text};
    const auto tokens = parser.tokens();
    const auto replies = format_->replies(tokens.back(), {&output, 1});
    history_.insert(history_.end(), tokens.begin(), tokens.end() - 1);
    history_.push_back(replies.stop_token);
    history_.insert(history_.end(), replies.tokens.begin(), replies.tokens.end());
    conversation_.messages.push_back(
        {.author = Author::assistant, .thinking = turn.thought, .calls = {call}});
    conversation_.messages.push_back(
        {.author = Author::tool, .content = reply.text, .tool = call.name});
  }

  testing::TemporaryFolder folder_;
  Script script_;
  std::unique_ptr<Format> format_;
  std::unique_ptr<TaskSource> source_;
  std::unique_ptr<World> world_;
  Conversation conversation_;
  std::vector<std::int32_t> history_;
};

TEST_CASE("A scripted episode searches, opens and answers in every format") {
  for (const auto& script : scripts()) {
    INFO(script.format);
    Play play(script);
    CHECK(play.turn(script.turns[0]).calls.at(0).call.name == script.name_space + "search");
    CHECK(play.turn(script.turns[1]).calls.at(0).call.name == script.name_space + "open");
    const auto last = play.turn(script.turns[2]);
    REQUIRE(last.kind == TurnKind::answer);
    CHECK(play.world().grade(last.answer).strict);
    CHECK(play.world().cursor_title(1) == "Crane Light (https://isles.example/wiki/Crane_Light)");
  }
}

TEST_CASE("The history of a scripted episode is the rendering of its conversation") {
  for (const auto& script : scripts()) {
    INFO(script.format);
    Play play(script);
    play.turn(script.turns[0]);
    play.turn(script.turns[1]);
    CHECK(script.tokenizer.decode(play.history()) == script.tokenizer.decode(play.rendered()));
    CHECK(play.history() == play.rendered());
  }
}

TEST_CASE("Whatever tokens come, a parser gives spans within the turn") {
  for (const auto& script : scripts()) {
    INFO(script.format);
    const auto format = make_format(script.format, script.tokenizer, {}, {});
    const auto size = static_cast<std::uint64_t>(script.tokenizer.size());
    // Markers are at the end of the small vocabularies: draw them often.
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      Rng rng(seed, 0);
      const auto parser = format->parser(seed % 4 != 0);
      for (int i = 0; i < 40; ++i) {
        const auto id = rng.chance(0.5) ? size - 1 - rng.below(10) : rng.below(size);
        if (parser->push(static_cast<std::int32_t>(id))) break;
      }
      const auto count = static_cast<std::int32_t>(parser->tokens().size());
      const Turn turn = parser->turn();
      CHECK(turn.thought_tokens.end() <= count);
      CHECK(turn.answer_tokens.end() <= count);
      for (const auto& call : turn.calls) CHECK(call.tokens.end() <= count);
    }
  }
}

}  // namespace
}  // namespace pagequest::agent::chat
