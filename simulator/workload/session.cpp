// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/session.h"

#include "base/event_sink.h"
#include "simulator/memory/kv_extent.h"

namespace pagequest::simulator {

SessionTotals totals(const Session& session) {
  SessionTotals out;
  KvExtent kv(1);
  for (const Operation& operation : session.program) {
    std::visit(Overloaded{[&](const Prefill& op) {
                            out.prefill += op.tokens;
                            kv.grow(op.tokens);
                          },
                          [&](const Prompt& op) {
                            out.prefill += op.tokens;
                            kv = KvExtent(1);
                            kv.grow(op.tokens);
                          },
                          [&](const Decode& op) {
                            out.decode += op.tokens;
                            kv.grow(op.tokens);
                          },
                          [&](const Evict& op) { out.evicted += kv.evict(op.span); },
                          [&](const CallTool&) { ++out.tool_calls; },
                          [&](const ForkAux& op) {
                            out.aux_prefill += op.prefill_tokens;
                            out.aux_decode += op.decode_tokens;
                          },
                          [](const auto&) {}},
               operation);
  }
  return out;
}

}  // namespace pagequest::simulator
