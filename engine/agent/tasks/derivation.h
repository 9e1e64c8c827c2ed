// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "engine/agent/tasks/settings.h"

namespace pagequest::agent {

/// How long the derivations of a setting are.
struct DerivationSetting {
  std::string_view name;
  Range inputs;        // registers whose values the prompt gives
  Range instructions;  // one line each
  double checks;       // share of the lines that are followed by a check of an earlier one
};

/// The settings of `pocket-cot` and `pocket-direct`. Throws a usage error that lists the valid
/// names.
[[nodiscard]] const DerivationSetting& find_derivation_setting(std::string_view name);

/// What a line needs: values from anywhere before it, or the line before it alone.
enum class Reach : std::uint8_t { far, near };

/// A register, or a digit that stands for itself.
struct Operand {
  int number = 0;
  bool is_digit = false;
};

/// target = left (+ or -) right, modulo 10.
struct Instruction {
  int target = 0;  // register
  Operand left;
  Operand right;
  bool adds = true;
  std::optional<int> checked;  // instruction whose value is derived again behind this one
};

struct GivenValue {
  int target = 0;  // register
  int value = 0;
};

/// A straight-line program. Each register is written once.
struct Derivation {
  std::vector<GivenValue> given;
  std::vector<Instruction> instructions;
  std::vector<int> values;  // (register): 0 to 9; -1: never written
  std::vector<int> asked;   // three registers
};

inline constexpr int kRegisters = 192;

/// No two ordered pairs of neighbouring words that a model must follow are alike, so that each has
/// one successor.
[[nodiscard]] Derivation draw_derivation(const DerivationSetting& setting, Reach reach, Rng rng);

/// Beginning-of-sequence word, given values, program and question.
[[nodiscard]] std::string derivation_prompt(const Derivation& derivation);

/// The derivation line by line, then the answer. A milestone is `= REGISTER VALUE`: the result of a
/// line, the only place where its value is written behind that marker.
[[nodiscard]] std::string derivation_text(const Derivation& derivation);

/// Words of what a text repeats, from its mark on: a milestone from `=`, a filler that says nothing
/// from `so`, and a self-check from `!`.
inline constexpr int kMilestoneWords = 3;
inline constexpr int kFillerWords = 4;
inline constexpr int kCheckWords = 21;

/// What stands between the answer's markers.
[[nodiscard]] std::string derivation_answer(const Derivation& derivation);

/// Every word of the two tasks, in the order of their token ids; `<unk>` is the first.
[[nodiscard]] std::vector<std::string> derivation_vocabulary();

}  // namespace pagequest::agent
