// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "simulator/policy_replay.h"
#include "simulator/workload/apply_policy.h"

namespace pagequest::simulator {

/// Plays one session's program as events to a PolicyReplay and writes the program anew, with what
/// the policy drops; for apply_policy().
class ProgramRewriter {
 public:
  ProgramRewriter(const Session& session, std::span<const ToolResponse> responses,
                  const PolicySettings& settings);
  [[nodiscard]] ManagedSession run();

 private:
  struct Response {
    TokenSpan span;
    bool lost = false;
  };

  void begin_sequence();
  void end_sequence();
  void on(const Event& event);
  void write_victims();
  void count_lost(TokenSpan span);
  void play(std::size_t at);
  /// Tokens of a Prompt operation are in the program already.
  void fill(std::int32_t tokens, StepKind kind, bool is_prompt = false);
  void attend(StepKind kind, std::int32_t tokens);
  void decode(std::int32_t tokens);
  void call(std::size_t at);
  void begin_turn(const BeginTurn& turn);
  void fork(std::int32_t turn);
  void command(std::int32_t turn, std::span<const std::int32_t> cursors);
  /// Cursors that no turn from this one on needs and that are not gone.
  [[nodiscard]] std::vector<std::int32_t> expired(std::int32_t turn) const;

  const Session& session_;
  std::span<const ToolResponse> truth_;
  const PolicySettings& settings_;
  kv::PolicySpec spec_;
  bool is_hindsight_;
  bool has_aux_;
  bool decides_each_step_;
  AuxThreadModel aux_;
  std::optional<PolicyReplay> replay_;
  std::vector<AttentionModel> attention_;  // (head)
  ManagedSession out_;
  std::vector<Response> responses_;  // (cursor), of the sequence's tool calls so far
  std::vector<std::int32_t> zeros_;  // token ids that nobody reads
  std::vector<std::int32_t> pages_;
  std::vector<float> masses_;  // (head, page)
  std::vector<TokenSpan> spans_;
  std::size_t written_ = 0;  // decisions that are in the program
  std::int32_t sequences_ = 0;
  std::int32_t filled_ = 0;  // positions
  std::int32_t step_ = 0;
  std::int32_t decode_steps_ = 0;
  std::int32_t turn_ = 0;    // that the next decoded token belongs to
  bool at_boundary_ = true;  // between two turns
  std::size_t turns_ = 0;    // begun
};

}  // namespace pagequest::simulator
