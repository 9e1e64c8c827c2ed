// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/prompts_task.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/agent/tasks/answer_fields.h"
#include "engine/agent/tasks/answers.h"
#include "engine/agent/tasks/jsonl.h"

namespace pagequest::agent {
namespace {

struct Prompt {
  std::vector<chat::Message> messages;
  std::optional<std::int32_t> max_tokens;
  std::vector<std::string> answers;
};

constexpr std::array<std::pair<std::string_view, chat::Author>, 4> kRoles = {
    {{"system", chat::Author::system},
     {"developer", chat::Author::system},
     {"user", chat::Author::user},
     {"assistant", chat::Author::assistant}}};

chat::Message read_message(const JsonLine& line, const nlohmann::json& item) {
  const auto part = [&](const char* name) {
    const auto value = item.is_object() ? item.value(name, nlohmann::json()) : nlohmann::json();
    if (!value.is_string()) {
      throw line.error("messages", item.dump(), "objects with the texts `role` and `content`");
    }
    return value.get<std::string>();
  };
  const std::string role = part("role");
  for (const auto& [name, author] : kRoles) {
    if (name == role) return {.author = author, .content = part("content")};
  }
  throw line.error("messages", "role `" + role + "`", "system, developer, user or assistant");
}

std::vector<chat::Message> read_messages(const JsonLine& line) {
  const bool has_prompt = line.object.contains("prompt");
  if (has_prompt == line.object.contains("messages")) {
    throw line.error("prompt", has_prompt ? "both `prompt` and `messages`" : "no such field",
                     "either `prompt` or `messages`");
  }
  if (has_prompt) return {{.author = chat::Author::user, .content = line.text("prompt")}};
  const auto& list = line.object["messages"];
  if (!list.is_array() || list.empty()) {
    throw line.error("messages", list.dump(), "a list of messages");
  }
  std::vector<chat::Message> messages;
  for (const auto& item : list) messages.push_back(read_message(line, item));
  return messages;
}

class PromptWorld final : public World {
 public:
  explicit PromptWorld(const Prompt& prompt) : prompt_(prompt) {}

  [[nodiscard]] chat::Conversation conversation() const override {
    return {.messages = prompt_.messages, .tools = {}};
  }
  ToolReply call(const chat::ToolCall& /*call*/) override {
    return {.ok = false, .cursor = -1, .text = "There are no tools."};
  }
  [[nodiscard]] Grade grade(std::string_view text) const override {
    const bool correct = gives_answer(text, prompt_.answers);
    return {.correct = correct, .strict = correct};
  }
  [[nodiscard]] bool has_answer() const override { return !prompt_.answers.empty(); }
  [[nodiscard]] int needed_calls() const override { return 0; }
  [[nodiscard]] std::optional<std::int32_t> turn_max_tokens() const override {
    return prompt_.max_tokens;
  }
  /// A generation that was cut short is not malformed.
  [[nodiscard]] Outcome overrun_outcome() const override { return Outcome::turn_limit; }

 private:
  const Prompt& prompt_;
};

class PromptsSource final : public TaskSource {
 public:
  explicit PromptsSource(const std::string& path) {
    for_each_json_line(path, [this](const JsonLine& line) {
      prompts_.push_back({.messages = read_messages(line),
                          .max_tokens = line.positive("max_tokens"),
                          .answers = accepted_answers(line)});
    });
  }
  [[nodiscard]] std::unique_ptr<World> make(std::uint64_t index) const override {
    return std::make_unique<PromptWorld>(prompts_.at(index));
  }
  [[nodiscard]] std::optional<std::int32_t> size() const override {
    return static_cast<std::int32_t>(prompts_.size());
  }

 private:
  std::vector<Prompt> prompts_;
};

}  // namespace

std::unique_ptr<TaskSource> open_prompts_task(const TaskInputs& inputs,
                                              const model::Tokenizer& /*tokenizer*/) {
  return std::make_unique<PromptsSource>(inputs.files.prompts);
}

}  // namespace pagequest::agent
