// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/import/request_figures.h"

#include <algorithm>
#include <span>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/rng.h"

namespace pagequest::traces {
namespace {

struct IdHash {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t id) const noexcept { return mix64(id); }
};

std::span<const std::uint64_t> ids_of(const RequestTrace& trace, const RequestRow& row) {
  return std::span(trace.blocks).subspan(row.first_block, static_cast<std::size_t>(row.blocks));
}

struct Predecessor {
  std::uint64_t id = 0;
  bool first = false;  // of its prompt
  bool several = false;
};

void count_blocks(const RequestTrace& trace, RequestFigures& out) {
  boost::unordered_flat_map<std::uint64_t, Predecessor, IdHash> seen;
  for (const RequestRow& row : trace.rows) {
    Predecessor before{.first = true};
    for (const std::uint64_t id : ids_of(trace, row)) {
      const auto [it, is_new] = seen.try_emplace(id, before);
      Predecessor& known = it->second;
      if (!is_new && (known.id != before.id || known.first != before.first) && !known.several) {
        known.several = true;
        ++out.ids_with_two_predecessors;
      }
      out.blocks_seen_before += is_new ? 0 : 1;
      before = {.id = id};
    }
  }
  out.unique_blocks = static_cast<std::int64_t>(seen.size());
}

}  // namespace

RequestFigures request_figures(const RequestTrace& trace) {
  RequestFigures out;
  out.requests = static_cast<std::int64_t>(trace.rows.size());
  for (const RequestSession& session : trace.sessions) {
    ++(session.parent < 0 ? out.sessions : out.agents);
  }
  out.blocks = static_cast<std::int64_t>(trace.blocks.size());
  count_blocks(trace, out);
  std::int64_t input = 0;
  std::int64_t output = 0;
  for (const RequestRow& row : trace.rows) {
    input += row.input_tokens;
    output += row.output_tokens;
    out.last_arrival_ns = std::max(out.last_arrival_ns, row.arrival_ns);
  }
  const auto rows = static_cast<double>(std::max<std::int64_t>(out.requests, 1));
  out.mean_input_tokens = static_cast<double>(input) / rows;
  out.mean_output_tokens = static_cast<double>(output) / rows;
  return out;
}

double prefix_hit_ceiling(const RequestTrace& trace) {
  if (trace.blocks.empty()) return 0;
  boost::unordered_flat_set<std::uint64_t, IdHash> cached;
  std::int64_t hits = 0;
  for (const RequestRow& row : trace.rows) {
    const auto ids = ids_of(trace, row);
    const auto miss = std::find_if_not(ids.begin(), ids.end(),
                                       [&](std::uint64_t id) { return cached.contains(id); });
    hits += miss - ids.begin();
    cached.insert(ids.begin(), ids.end());
  }
  return static_cast<double>(hits) / static_cast<double>(trace.blocks.size());
}

}  // namespace pagequest::traces
