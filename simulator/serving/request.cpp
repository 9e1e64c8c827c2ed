// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/request.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/event_sink.h"

namespace pagequest::simulator {

Request::Request(std::int64_t index, std::shared_ptr<const Session> session,
                 std::int32_t page_tokens, bool dead_slots)
    : index_(index),
      session_(std::move(session)),
      kv_(page_tokens, dead_slots),
      page_tokens_(page_tokens),
      dead_slots_(dead_slots) {
  advance();
}

Work Request::work(Thread thread) const {
  if (!has_work()) return {};
  const std::int32_t missing = kv_.lost_tokens(Thread::main);
  if (thread == Thread::main) {
    if (missing > 0) return {StepKind::prefill, missing, true};
    if (blocked_ != Blocked::no) return {};
    return {kind_, left_, false};
  }
  if (!aux_running() || (missing > 0 && kv_.aux_shares())) return {};
  const std::int32_t aux_missing = kv_.lost_tokens(Thread::auxiliary);
  if (aux_missing > 0) return {StepKind::prefill, aux_missing, true};
  if (aux_prefill_left_ > 0) return {StepKind::prefill, aux_prefill_left_, false};
  return {StepKind::decode, aux_decode_left_, false};
}

std::span<const BlockId> Request::blocks_of(const Prompt& prompt) const {
  return std::span(session_->blocks)
      .subspan(static_cast<std::size_t>(prompt.first_block),
               static_cast<std::size_t>(prompt.blocks));
}

std::span<const BlockId> Request::next_prompt_blocks() const {
  for (std::size_t i = next_operation_; i < session_->program.size(); ++i) {
    const auto* prompt = std::get_if<Prompt>(&session_->program[i]);
    if (prompt != nullptr) return blocks_of(*prompt);
  }
  return {};
}

bool Request::continues_elsewhere() const {
  for (std::size_t i = next_operation_; i < session_->program.size(); ++i) {
    const Operation& operation = session_->program[i];
    if (std::holds_alternative<Prompt>(operation)) return true;
    if (std::holds_alternative<Prefill>(operation) || std::holds_alternative<Decode>(operation)) {
      return false;
    }
  }
  return true;
}

std::int32_t Request::decode_after_input() const {
  if (decodes_next()) return left_;
  for (std::size_t i = next_operation_; i < session_->program.size(); ++i) {
    const Operation& operation = session_->program[i];
    if (const auto* decode = std::get_if<Decode>(&operation)) return decode->tokens;
    if (std::holds_alternative<CallTool>(operation)) return 0;
  }
  return 0;
}

bool Request::has_later_turns() const {
  return std::any_of(session_->program.begin() + static_cast<std::ptrdiff_t>(next_operation_),
                     session_->program.end(), [](const Operation& operation) {
                       return std::holds_alternative<BeginTurn>(operation);
                     });
}

bool Request::complete(Thread thread, const Work& work, std::int32_t tokens) {
  return thread == Thread::main ? complete_main(work, tokens) : complete_aux(work, tokens);
}

bool Request::complete_main(const Work& work, std::int32_t tokens) {
  kv_.grow(Thread::main, tokens);
  if (work.recompute) return false;
  left_ -= tokens;
  PQ_CHECK(left_ >= 0, "no more is done than there was to do");
  if (left_ > 0) return false;
  advance();
  return true;
}

bool Request::complete_aux(const Work& work, std::int32_t tokens) {
  kv_.grow(Thread::auxiliary, tokens);
  if (work.recompute) return false;
  std::int32_t& left = work.kind == StepKind::prefill ? aux_prefill_left_ : aux_decode_left_;
  left -= tokens;
  PQ_CHECK(left >= 0, "no more is done than there was to do");
  if (aux_running()) return left == 0;
  if (by_threads_ && aux_outlasts_) {
    aux_decode_left_ = 1;
    return true;
  }
  // The server returns the thread's pages when it has ended; its command waits for the boundary.
  if (!by_threads_ || blocked_ == Blocked::join) kv_.join();
  if (blocked_ == Blocked::join) advance();
  return true;
}

void Request::reuse(std::int32_t tokens) {
  const std::int32_t lost = std::min(tokens, kv_.main().missing_tokens());
  if (lost > 0) kv_.main().grow(lost);
  if (lost == tokens) return;
  kv_.main().grow(tokens - lost);
  left_ -= tokens - lost;
  PQ_CHECK(left_ > 0, "a token is left to compute");
}

void Request::tool_responded() {
  PQ_CHECK(blocked_ == Blocked::tool, "a tool answers a call");
  advance();
}

void Request::schedule_by_threads() {
  by_threads_ = true;
  kv_.remember_evictions();
}

void Request::abandon_aux() {
  aux_prefill_left_ = aux_decode_left_ = 0;
  kv_.join();
}

std::vector<std::int32_t> Request::take_started_agents() {
  return std::exchange(started_agents_, {});
}

bool Request::agent_ended() {
  --agents_running_;
  if (blocked_ != Blocked::agents || agents_running_ > 0) return false;
  advance();
  return true;
}

/// Runs the operations that take no computation, up to one that does or that blocks.
void Request::advance() {
  blocked_ = Blocked::no;
  left_ = 0;
  while (next_operation_ < session_->program.size()) {
    if (!run(session_->program[next_operation_++])) return;
  }
  if (agents_running_ > 0) {
    block(Blocked::agents);
    return;
  }
  blocked_ = Blocked::ended;
  abandon_aux();
}

/// True if the operation is over at once.
bool Request::run(const Operation& operation) {
  const auto over = [](auto&& action) {
    action();
    return true;
  };
  return std::visit(
      Overloaded{
          [&](const Prefill& op) { return start(StepKind::prefill, op.tokens); },
          [&](const Decode& op) { return start(StepKind::decode, op.tokens); },
          [&](const Prompt& op) {
            if (kv_.pages() > 0) return wait_for_release();
            start_prompt(op);
            return start(StepKind::prefill, op.tokens);
          },
          [&](const Evict& op) { return over([&] { kv_.evict(op.span); }); },
          [&](const CallTool& op) {
            ++tool_calls_;
            tool_duration_ = op.duration;
            return block(Blocked::tool);
          },
          [&](const BeginTurn&) { return over([&] { ++turns_; }); },
          [&](const ForkAux& op) { return over([&] { fork(op); }); },
          [&](const JoinAux&) { return join_aux(); },
          [&](const StartAgents& op) { return over([&] { start_agents(op); }); },
          [&](const AwaitAgents&) { return agents_running_ == 0 || block(Blocked::agents); }},
      operation);
}

bool Request::start(StepKind kind, std::int32_t tokens) {
  kind_ = kind;
  left_ = tokens;
  return tokens == 0;
}

/// The pages of the last prompt go back first: as after a call that takes no time.
bool Request::wait_for_release() {
  --next_operation_;
  tool_duration_ = 0;
  return block(Blocked::tool);
}

void Request::start_prompt(const Prompt& prompt) {
  kv_ = SequenceKv(page_tokens_, dead_slots_);
  if (by_threads_) kv_.remember_evictions();
  prompt_blocks_ = blocks_of(prompt);
}

bool Request::join_aux() {
  if (aux_running()) return block(Blocked::join);
  kv_.join();
  return true;
}

/// The first token of a thread is prefilled, whatever it is: it has no keys to decode from.
void Request::fork(const ForkAux& operation) {
  aux_prefill_left_ = operation.prefill_tokens;
  aux_decode_left_ = operation.decode_tokens;
  if (aux_prefill_left_ == 0 && aux_decode_left_ > 0) {
    ++aux_prefill_left_;
    --aux_decode_left_;
  }
  aux_outlasts_ = operation.outlasts;
  if (!aux_running()) return;
  ++forks_;
  kv_.fork();
}

void Request::start_agents(const StartAgents& operation) {
  for (std::int32_t i = 0; i < operation.count; ++i) {
    started_agents_.push_back(operation.first + i);
  }
  agents_running_ += operation.count;
}

bool Request::block(Blocked why) {
  blocked_ = why;
  return false;
}

}  // namespace pagequest::simulator
