// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/request_trace.h"

#include "base/rng.h"

namespace pagequest::traces {

std::string_view to_string(TailRule rule) { return rule == TailRule::ceil ? "ceil" : "floor"; }

std::string_view to_string(IdScope scope) {
  return scope == IdScope::global ? "global" : "per_session";
}

std::string_view to_string(IdSemantics semantics) {
  return semantics == IdSemantics::prefix_chained ? "prefix_chained" : "content_only";
}

std::string_view to_string(TimeUnit unit) {
  constexpr std::string_view kNames[] = {"none", "ns", "ms", "s", "date"};
  return kNames[static_cast<std::size_t>(unit)];
}

std::string_view to_string(Clock clock) {
  constexpr std::string_view kNames[] = {"none", "trace", "session"};
  return kNames[static_cast<std::size_t>(clock)];
}

void rechain(RequestTrace& trace) {
  if (trace.identity.semantics == IdSemantics::prefix_chained) return;
  for (const RequestRow& row : trace.rows) {
    std::uint64_t chain = 0;
    for (std::int32_t i = 0; i < row.blocks; ++i) {
      std::uint64_t& id = trace.blocks[row.first_block + static_cast<std::uint64_t>(i)];
      id = chain = mix64(id ^ mix64(chain));
    }
  }
  trace.identity.semantics = IdSemantics::prefix_chained;
}

}  // namespace pagequest::traces
