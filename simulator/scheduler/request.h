// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/events.h"
#include "simulator/memory/sequence_kv.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// What one thread can compute next.
struct Work {
  StepKind kind = StepKind::prefill;
  std::int32_t tokens = 0;  // at most, 1 for decode; 0: nothing to do
  bool recompute = false;   // keys and values that were lost
};

/// One episode on the server: where its program is, and its keys and values. Knows nothing of
/// other requests, of time or of the pool.
class Request {
 public:
  /// Why the main thread does not compute.
  enum class Blocked : std::uint8_t { no, tool, join, ended };

  Request(std::int32_t id, const Session& session, std::int32_t page_tokens);

  [[nodiscard]] std::int32_t id() const { return id_; }
  [[nodiscard]] Blocked blocked() const { return blocked_; }
  [[nodiscard]] const SequenceKv& kv() const { return kv_; }
  [[nodiscard]] bool aux_running() const { return aux_prefill_left_ + aux_decode_left_ > 0; }
  [[nodiscard]] bool has_work() const { return blocked_ == Blocked::no || aux_running(); }
  /// Lost keys and values come first, the main thread's before the auxiliary one's.
  [[nodiscard]] Work work(Thread thread) const;
  /// Tokens that the main thread computes before it decodes: lost ones, and its current input.
  [[nodiscard]] std::int32_t input_tokens() const {
    const bool input = blocked_ == Blocked::no && kind_ == StepKind::prefill;
    return kv_.main().missing_tokens() + (input ? left_ : 0);
  }
  [[nodiscard]] bool decodes_next() const {
    return blocked_ == Blocked::no && kind_ == StepKind::decode;
  }
  /// Whether finishing the thread's current operation gives a token.
  [[nodiscard]] bool finishes(Thread thread, std::int32_t tokens) const;

  /// `tokens` of work(thread) are done. True if that was the end of an operation.
  bool complete(Thread thread, const Work& work, std::int32_t tokens);
  /// The tool has answered: the main thread goes on.
  void tool_responded();
  /// All keys and values are lost.
  void lose_kv() { kv_.lose(); }

  [[nodiscard]] std::int32_t tool_calls() const { return tool_calls_; }
  [[nodiscard]] std::int32_t turns() const { return turns_; }

 private:
  void advance();
  bool run(const Operation& operation);
  bool complete_main(const Work& work, std::int32_t tokens);
  bool complete_aux(const Work& work, std::int32_t tokens);

  std::int32_t id_;
  Blocked blocked_ = Blocked::no;
  StepKind kind_ = StepKind::prefill;  // of the current operation
  std::int32_t left_ = 0;              // tokens of it
  std::int32_t aux_prefill_left_ = 0;
  std::int32_t aux_decode_left_ = 0;
  std::int32_t tool_calls_ = 0;
  std::int32_t turns_ = 0;
  std::size_t next_operation_ = 0;
  std::int32_t page_tokens_;
  const Session* session_;
  SequenceKv kv_;
};

// Inline: the scheduler asks for every thread in every iteration.
inline Work Request::work(Thread thread) const {
  if (!has_work()) return {};
  const std::int32_t missing = kv_.main().missing_tokens();
  if (thread == Thread::main) {
    if (missing > 0) return {StepKind::prefill, missing, true};
    if (blocked_ != Blocked::no) return {};
    return {kind_, kind_ == StepKind::decode ? 1 : left_, false};
  }
  if (!aux_running() || missing > 0) return {};
  if (kv_.aux()->missing_tokens() > 0) {
    return {StepKind::prefill, kv_.aux()->missing_tokens(), true};
  }
  if (aux_prefill_left_ > 0) return {StepKind::prefill, aux_prefill_left_, false};
  return {StepKind::decode, 1, false};
}

}  // namespace pagequest::simulator
