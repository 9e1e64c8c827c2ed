// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/tasks/derivation.h"
#include "engine/agent/tasks/task.h"

namespace pagequest::agent {

/// Tasks `pocket-cot` and `pocket-direct`: one generation that runs a straight-line program line by
/// line and answers with three of its registers. There are no tools. With Reach::far a line needs
/// results from anywhere before it; with Reach::near, the control, only from the line before it.
class DerivationWorld final : public ExpertWorld {
 public:
  DerivationWorld(const DerivationSetting& setting, Reach reach, std::uint64_t seed,
                  std::uint64_t index);

  [[nodiscard]] std::string prompt() const override;
  using ExpertWorld::call;
  ToolReply call(std::string_view call_text) override;
  [[nodiscard]] Grade grade(std::string_view answer_text) const override;
  [[nodiscard]] int needed_calls() const override { return 0; }
  /// Lines.
  [[nodiscard]] int hops() const override;
  [[nodiscard]] std::vector<Segment> expert() const override;
  [[nodiscard]] std::string auxiliary(int turn, std::span<const int> open) const override;
  [[nodiscard]] std::optional<std::int32_t> turn_max_tokens() const override { return max_tokens_; }

  [[nodiscard]] const Derivation& derivation() const noexcept { return derivation_; }

 private:
  Derivation derivation_;
  std::int32_t max_tokens_;
};

[[nodiscard]] std::unique_ptr<ExpertWorld> make_cot(std::string_view setting, std::uint64_t seed,
                                                    std::uint64_t index);
[[nodiscard]] std::unique_ptr<ExpertWorld> make_direct(std::string_view setting, std::uint64_t seed,
                                                       std::uint64_t index);
[[nodiscard]] std::unique_ptr<TaskSource> open_cot(const TaskInputs& inputs,
                                                   const model::Tokenizer& tokenizer);
[[nodiscard]] std::unique_ptr<TaskSource> open_direct(const TaskInputs& inputs,
                                                      const model::Tokenizer& tokenizer);

}  // namespace pagequest::agent
