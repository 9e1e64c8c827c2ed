// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/scheduler/request.h"

#include "base/check.h"
#include "base/event_sink.h"

namespace pagequest::simulator {

Request::Request(std::int32_t id, const Session& session, std::int32_t page_tokens)
    : id_(id), page_tokens_(page_tokens), session_(&session), kv_(page_tokens) {
  advance();
}

bool Request::finishes(Thread thread, std::int32_t tokens) const {
  return tokens == (thread == Thread::main ? left_ : aux_prefill_left_);
}

bool Request::complete(Thread thread, const Work& work, std::int32_t tokens) {
  return thread == Thread::main ? complete_main(work, tokens) : complete_aux(work, tokens);
}

bool Request::complete_main(const Work& work, std::int32_t tokens) {
  kv_.main().grow(tokens);
  if (work.recompute) return false;
  left_ -= tokens;
  PQ_CHECK(left_ >= 0, "no more is done than there was to do");
  if (left_ > 0) return false;
  advance();
  return true;
}

bool Request::complete_aux(const Work& work, std::int32_t tokens) {
  kv_.aux()->grow(tokens);
  if (work.recompute) return false;
  std::int32_t& left = work.kind == StepKind::prefill ? aux_prefill_left_ : aux_decode_left_;
  left -= tokens;
  PQ_CHECK(left >= 0, "no more is done than there was to do");
  if (aux_running()) return left == 0;
  // The server returns the thread's pages when it has ended; its command waits for the boundary.
  kv_.join();
  if (blocked_ == Blocked::join) advance();
  return true;
}

void Request::tool_responded() {
  PQ_CHECK(blocked_ == Blocked::tool, "a tool answers a call");
  advance();
}

/// Runs the operations that take no computation, up to one that does or that blocks.
void Request::advance() {
  blocked_ = Blocked::no;
  left_ = 0;
  while (next_operation_ < session_->program.size()) {
    if (!run(session_->program[next_operation_++])) return;
  }
  blocked_ = Blocked::ended;
  aux_prefill_left_ = aux_decode_left_ = 0;
  kv_.join();
}

/// True if the operation is over at once.
bool Request::run(const Operation& operation) {
  const auto compute = [this](StepKind kind, std::int32_t tokens) {
    kind_ = kind;
    left_ = tokens;
    return tokens == 0;
  };
  return std::visit(
      Overloaded{[&](const Prefill& op) { return compute(StepKind::prefill, op.tokens); },
                 [&](const Decode& op) { return compute(StepKind::decode, op.tokens); },
                 [&](const Evict& op) {
                   kv_.evict(op.span);
                   return true;
                 },
                 [&](const CallTool&) {
                   ++tool_calls_;
                   blocked_ = Blocked::tool;
                   return false;
                 },
                 [&](const BeginTurn&) {
                   ++turns_;
                   return true;
                 },
                 [&](const ForkAux& op) {
                   aux_prefill_left_ = op.prefill_tokens;
                   aux_decode_left_ = op.decode_tokens;
                   if (aux_running()) kv_.fork();
                   return true;
                 },
                 [&](const Prompt& op) {
                   kv_ = SequenceKv(page_tokens_);
                   return compute(StepKind::prefill, op.tokens);
                 },
                 [&](const StartAgents&) { return true; }, [&](const AwaitAgents&) { return true; },
                 [&](const JoinAux&) {
                   if (!aux_running()) return true;
                   blocked_ = Blocked::join;
                   return false;
                 }},
      operation);
}

}  // namespace pagequest::simulator
