// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/footprint.h"

#include <algorithm>

#include "base/event_sink.h"
#include "simulator/memory/sequence_kv.h"

namespace pagequest::simulator {

Footprint footprint(const Session& session, std::int32_t page_tokens, bool dead_slots) {
  Footprint out;
  SequenceKv kv(page_tokens, dead_slots);
  const auto grow = [&kv](std::int32_t tokens) { kv.main().grow(tokens); };
  for (const Operation& operation : session.program) {
    std::visit(Overloaded{[&](const Prefill& op) { grow(op.tokens); },
                          [&](const Prompt& op) {
                            kv = SequenceKv(page_tokens, dead_slots);
                            grow(op.tokens);
                          },
                          [&](const Decode& op) { grow(op.tokens); },
                          [&](const Evict& op) { kv.evict(op.span); },
                          [&](const ForkAux& op) {
                            kv.join();
                            kv.fork();
                            kv.aux()->grow(op.prefill_tokens + op.decode_tokens);
                          },
                          [&](const JoinAux&) { kv.join(); }, [](const auto&) {}},
               operation);
    out.peak_pages = std::max(out.peak_pages, kv.pages());
    out.peak_tokens = std::max(out.peak_tokens, kv.resident_live_tokens());
  }
  return out;
}

}  // namespace pagequest::simulator
