// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/agent/tasks/derivation.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

constexpr std::array<std::string_view, 18> kWords = {
    "@", ">", "+",  "-",    "!",  "^",  "~",  "&",        "Q",
    "=", ":", "so", "then", "we", "go", "ok", "<answer>", "</answer>"};
/// Words that a pocket model's tokenizer needs (chat/pocket.h).
constexpr std::array<std::string_view, 12> kMarkers = {"<unk>",      "<s>",    "</s>",  "<call>",
                                                       "</call>",    "</aux>", "**",    "Memory",
                                                       "management", "mode",   "<pad>", ";"};

std::string register_word(int number) { return "r" + std::to_string(number); }

std::string word_of(const Operand& operand) {
  return operand.is_digit ? std::to_string(operand.number) : register_word(operand.number);
}

class Writer {
 public:
  explicit Writer(const Derivation& derivation) : derivation_(derivation) {}

  [[nodiscard]] std::string value_of(int target) const {
    return std::to_string(derivation_.values[static_cast<std::size_t>(target)]);
  }
  [[nodiscard]] std::string value_of(const Operand& operand) const {
    return operand.is_digit ? word_of(operand) : value_of(operand.number);
  }
  /// Where the derivation goes on behind `line`.
  [[nodiscard]] std::string after(std::size_t line) const {
    if (line + 1 == derivation_.instructions.size()) return "<answer>";
    return register_word(derivation_.instructions[line + 1].target);
  }
  [[nodiscard]] const Instruction& checked_by(const Instruction& instruction) const {
    return derivation_.instructions[static_cast<std::size_t>(*instruction.checked)];
  }
  [[nodiscard]] const Derivation& derivation() const { return derivation_; }

  /// The instruction, its operands' values, and its result.
  void derive(Text& text, const Instruction& it) const {
    const std::string_view sign = it.adds ? "+" : "-";
    text.add("@", register_word(it.target), word_of(it.left), word_of(it.right), sign);
    text.add(":", word_of(it.left), value_of(it.left));
    text.add(":", word_of(it.right), value_of(it.right));
    text.add(sign, value_of(it.target));
  }

  void write_line(Text& text, std::size_t line) const {
    const Instruction& it = derivation_.instructions[line];
    const std::string target = register_word(it.target);
    derive(text, it);
    text.add("=", target, value_of(it.target));
    text.add("so", "then", "we", "go", ">", target);
    if (!it.checked) return;
    text.add("!");
    const Instruction& checked = checked_by(it);
    const std::string name = register_word(checked.target);
    text.add(name);
    derive(text, checked);
    text.add("~", name, value_of(checked.target), "ok", "^", name);
  }

 private:
  const Derivation& derivation_;
};

void write_answer(Text& text, const Writer& writer) {
  text.add("Q");
  for (const int asked : writer.derivation().asked) {
    const std::string name = register_word(asked);
    text.add(name, ":", name, writer.value_of(asked), "&", name);
  }
}

}  // namespace

std::string derivation_prompt(const Derivation& derivation) {
  const Writer writer(derivation);
  Text text;
  text.add("<s>");
  for (const GivenValue& given : derivation.given) {
    text.add("=", register_word(given.target), std::to_string(given.value));
  }
  for (std::size_t line = 0; line < derivation.instructions.size(); ++line) {
    const Instruction& it = derivation.instructions[line];
    const std::string target = register_word(it.target);
    text.add("@", target, word_of(it.left), word_of(it.right), it.adds ? "+" : "-", ">", target);
    if (it.checked) {
      const std::string checked = register_word(writer.checked_by(it).target);
      text.add("!", checked, "^", checked);
    }
    text.add(writer.after(line));
  }
  text.add("Q");
  for (const int asked : derivation.asked)
    text.add(register_word(asked), "&", register_word(asked));
  text.add("</answer>", "go", ">", "<s>");
  return text.add(register_word(derivation.instructions.front().target)).str();
}

std::string derivation_text(const Derivation& derivation) {
  const Writer writer(derivation);
  Text text;
  for (std::size_t line = 0; line < derivation.instructions.size(); ++line) {
    writer.write_line(text, line);
    text.add(writer.after(line));
  }
  write_answer(text, writer);
  return text.add("</answer>").str();
}

std::string derivation_answer(const Derivation& derivation) {
  Text text;
  write_answer(text, Writer(derivation));
  return text.str();
}

std::vector<std::string> derivation_vocabulary() {
  std::vector<std::string> words;
  for (const std::string_view word : kMarkers) words.emplace_back(word);
  for (const std::string_view word : kWords) words.emplace_back(word);
  for (int digit = 0; digit < 10; ++digit) words.push_back(std::to_string(digit));
  for (int i = 0; i < kRegisters; ++i) words.push_back(register_word(i));
  return words;
}

}  // namespace pagequest::agent
