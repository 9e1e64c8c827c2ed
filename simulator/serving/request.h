// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/events.h"
#include "simulator/memory/sequence_kv.h"
#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// What one thread can compute next.
struct Work {
  StepKind kind = StepKind::prefill;
  std::int32_t tokens = 0;  // of the operation, at most; 0: nothing to do
  bool recompute = false;   // keys and values that were lost
};

/// Where arrays of both threads have this one.
constexpr std::size_t thread_slot(Thread thread) { return thread == Thread::main ? 0 : 1; }

/// One session on a server: where its program is, and its keys and values. Knows nothing of other
/// requests, of time or of the pool.
class Request {
 public:
  /// Why the main thread does not compute.
  enum class Blocked : std::uint8_t { no, tool, join, agents, ended };

  Request(std::int64_t index, std::shared_ptr<const Session> session, std::int32_t page_tokens,
          bool dead_slots = false);

  /// In order of arrival: what random draws and synthetic block ids depend on.
  [[nodiscard]] std::int64_t index() const { return index_; }
  [[nodiscard]] const Session& session() const { return *session_; }
  [[nodiscard]] const std::shared_ptr<const Session>& shared_session() const { return session_; }
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
  [[nodiscard]] bool finishes(Thread thread, std::int32_t tokens) const {
    return tokens == (thread == Thread::main ? left_ : aux_prefill_left_);
  }
  /// Tokens that the session decodes from here on before its turn ends, the current ones included.
  [[nodiscard]] std::int32_t decode_left() const { return decodes_next() ? left_ : 0; }
  /// Tokens of the decode operation that follows the current input, or the one under way.
  [[nodiscard]] std::int32_t decode_after_input() const;
  /// Identities of the current prompt's pages; empty if it has none.
  [[nodiscard]] std::span<const BlockId> prompt_blocks() const { return prompt_blocks_; }
  /// Those of the prompt that comes next; empty if none does.
  [[nodiscard]] std::span<const BlockId> next_prompt_blocks() const;
  /// Whether the session's next input replaces what it has: nothing need be kept for it.
  [[nodiscard]] bool continues_elsewhere() const;
  /// Whether the session will ask for more after its current turn.
  [[nodiscard]] bool has_later_turns() const;

  /// `tokens` of work(thread) are done. True if that was the end of an operation.
  bool complete(Thread thread, const Work& work, std::int32_t tokens);
  /// Keys and values of the main thread's next `tokens` inputs were found; one token at least is
  /// left to compute where the input is new.
  void reuse(std::int32_t tokens);
  /// The tool has answered: the main thread goes on.
  void tool_responded();
  /// From here on its threads are preempted one by one, an auxiliary thread that has ended holds
  /// its pages until its command is carried out, and one whose end is not recorded goes on.
  void schedule_by_threads();
  /// The auxiliary thread ends without a result.
  void abandon_aux();
  /// All keys and values are lost.
  void lose_kv() { kv_.lose(); }
  /// Those of one thread are lost.
  void lose_kv(Thread thread) { kv_.lose(thread); }

  /// Sub-agents that the program has started since the last call, as indices of Session::agents.
  [[nodiscard]] std::vector<std::int32_t> take_started_agents();
  /// True if the main thread goes on.
  bool agent_ended();

  /// Its place on the server that has it, which that server sets; -1: on none.
  [[nodiscard]] std::int32_t seat() const { return seat_; }
  void set_seat(std::int32_t seat) { seat_ = seat; }

  /// Whose it is: a name that its creator gives it.
  [[nodiscard]] std::int64_t owner() const { return owner_; }
  void set_owner(std::int64_t owner) { owner_ = owner; }

  /// Of the call that the main thread waits for; -1: not recorded.
  [[nodiscard]] Nanoseconds tool_duration() const { return tool_duration_; }
  [[nodiscard]] std::int32_t tool_calls() const { return tool_calls_; }
  [[nodiscard]] std::int32_t turns() const { return turns_; }
  [[nodiscard]] std::int32_t forks() const { return forks_; }

 private:
  void advance();
  bool run(const Operation& operation);
  bool start(StepKind kind, std::int32_t tokens);
  bool wait_for_release();
  [[nodiscard]] std::span<const BlockId> blocks_of(const Prompt& prompt) const;
  void start_prompt(const Prompt& prompt);
  void fork(const ForkAux& operation);
  bool join_aux();
  void start_agents(const StartAgents& operation);
  bool block(Blocked why);
  bool complete_main(const Work& work, std::int32_t tokens);
  bool complete_aux(const Work& work, std::int32_t tokens);

  std::int64_t index_;
  std::int64_t owner_ = -1;
  std::shared_ptr<const Session> session_;
  SequenceKv kv_;
  std::span<const BlockId> prompt_blocks_;
  std::vector<std::int32_t> started_agents_;
  std::size_t next_operation_ = 0;
  Nanoseconds tool_duration_ = -1;
  std::int32_t page_tokens_;
  bool dead_slots_;
  std::int32_t left_ = 0;  // tokens of the current operation
  std::int32_t aux_prefill_left_ = 0;
  std::int32_t aux_decode_left_ = 0;
  std::int32_t agents_running_ = 0;
  std::int32_t tool_calls_ = 0;
  std::int32_t turns_ = 0;
  std::int32_t forks_ = 0;  // auxiliary threads so far
  std::int32_t seat_ = -1;
  bool by_threads_ = false;
  bool aux_outlasts_ = false;  // its session
  Blocked blocked_ = Blocked::no;
  StepKind kind_ = StepKind::prefill;  // of the current operation
};

}  // namespace pagequest::simulator
