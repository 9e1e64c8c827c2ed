// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agent/tasks/documents.h"
#include "engine/agent/tasks/plan.h"
#include "engine/agent/tasks/settings.h"
#include "engine/agent/tasks/task.h"

namespace pagequest::agent {

/// Task `pocket-hops`: a question of labelled steps over people and their facts. Documents can be
/// opened once, and calls are limited to the need plus two, so a lost document costs the answer.
class HopsWorld final : public ExpertWorld {
 public:
  static constexpr int kSpareCalls = 2;

  HopsWorld(const HopsSetting& setting, std::uint64_t seed, std::uint64_t index);

  [[nodiscard]] std::string prompt() const override;
  using ExpertWorld::call;
  ToolReply call(std::string_view call_text) override;
  [[nodiscard]] Grade grade(std::string_view answer_text) const override;
  [[nodiscard]] int needed_calls() const override;
  [[nodiscard]] int hops() const override { return plan_.hops(); }
  [[nodiscard]] std::vector<Segment> expert() const override;
  [[nodiscard]] std::vector<int> expired_cursors(int turn) const override;
  [[nodiscard]] std::string auxiliary(int turn, std::span<const int> open) const override;

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }

 private:
  ToolReply search(std::string_view label, std::string_view entity);
  ToolReply open(std::string_view document);
  ToolReply find(std::string_view label, std::string_view entity, std::string_view cursor,
                 std::string_view relation);
  [[nodiscard]] ToolReply error() const;
  ToolReply display(std::string text) { return {true, next_cursor_++, std::move(text)}; }

  const HopsSetting& setting_;
  std::uint64_t seed_;
  std::uint64_t index_;
  Plan plan_;
  Documents documents_;
  int calls_ = 0;
  int next_cursor_ = 0;
  std::string label_ = "-";                    // of the last search
  std::map<std::string, std::string> listed_;  // document -> entity, of the last searches
  std::set<std::string> opened_;               // entities
  std::map<std::string, int> shown_;           // entity -> cursor of its document
};

[[nodiscard]] std::unique_ptr<ExpertWorld> make_hops(std::string_view setting, std::uint64_t seed,
                                                     std::uint64_t index);
[[nodiscard]] std::unique_ptr<TaskSource> open_hops(const TaskInputs& inputs,
                                                    const model::Tokenizer& tokenizer);

}  // namespace pagequest::agent
