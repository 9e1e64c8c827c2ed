// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/corpus_task.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "engine/agent/tasks/answer_fields.h"
#include "engine/agent/tasks/answers.h"
#include "engine/agent/tasks/corpus/browser.h"
#include "engine/agent/tasks/jsonl.h"

namespace pagequest::agent {
namespace {

constexpr const char* kInstructions =
    "Answer the user's question from the documents that you find with your tools. Search first, "
    "open what looks relevant, follow links where they help, and go on until you have every fact "
    "that you need. Then give the answer alone, as briefly as possible, without explanation.";

struct Question {
  std::string text;
  std::vector<std::string> answers;
  std::int32_t needed_calls = 0;
};

class CorpusWorld final : public World {
 public:
  CorpusWorld(const Question& question, const CorpusIndex& index, const model::Tokenizer& tokenizer,
              std::int32_t view_tokens)
      : question_(question), browser_(index, tokenizer, view_tokens) {}

  [[nodiscard]] chat::Conversation conversation() const override {
    return {.messages = {{.author = chat::Author::system, .content = kInstructions},
                         {.author = chat::Author::user, .content = question_.text}},
            .tools = {Browser::description()}};
  }
  ToolReply call(const chat::ToolCall& call) override {
    ++calls_;
    return browser_.call(call);
  }
  [[nodiscard]] Grade grade(std::string_view text) const override {
    const bool correct = gives_answer(text, question_.answers);
    return {.correct = correct, .strict = correct && calls_ <= question_.needed_calls};
  }
  [[nodiscard]] int needed_calls() const override { return question_.needed_calls; }
  [[nodiscard]] std::string cursor_title(int cursor) const override {
    return browser_.title(cursor);
  }

 private:
  const Question& question_;
  Browser browser_;
  int calls_ = 0;
};

Question read_question(const JsonLine& line) {
  Question question{.text = line.text("question"),
                    .answers = accepted_answers(line),
                    .needed_calls = line.positive("needed_calls").value_or(0)};
  if (question.answers.empty()) throw line.error("answer", "no such field", "the right answer");
  return question;
}

class CorpusSource final : public TaskSource {
 public:
  CorpusSource(const TaskInputs& inputs, const model::Tokenizer& tokenizer)
      : index_(inputs.files.corpus), tokenizer_(tokenizer), view_tokens_(inputs.files.view_tokens) {
    for_each_json_line(inputs.files.questions,
                       [this](const JsonLine& line) { questions_.push_back(read_question(line)); });
  }
  [[nodiscard]] std::unique_ptr<World> make(std::uint64_t index) const override {
    return std::make_unique<CorpusWorld>(questions_.at(index), index_, tokenizer_, view_tokens_);
  }
  [[nodiscard]] std::optional<std::int32_t> size() const override {
    return static_cast<std::int32_t>(questions_.size());
  }

 private:
  CorpusIndex index_;
  const model::Tokenizer& tokenizer_;
  std::int32_t view_tokens_;
  std::vector<Question> questions_;
};

}  // namespace

std::unique_ptr<TaskSource> open_corpus_task(const TaskInputs& inputs,
                                             const model::Tokenizer& tokenizer) {
  if (inputs.files.view_tokens > 0) return std::make_unique<CorpusSource>(inputs, tokenizer);
  throw usage_error({.what = "impossible setting",
                     .where = "view-tokens",
                     .found = std::to_string(inputs.files.view_tokens),
                     .expected = "at least 1",
                     .hint = {}});
}

}  // namespace pagequest::agent
