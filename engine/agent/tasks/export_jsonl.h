// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string_view>

namespace pagequest::agent {

/// How training samples are drawn around the expert's trajectories.
struct ExportOptions {
  double holes = 0.5;     // share of episodes whose expired displays are deleted as they go
  double missed = 0.08;   // chance that such a deletion is left out
  bool auxiliary = true;  // write auxiliary samples
};

/// Writes one header line (task, setting, seed, vocabulary, relations), then a line an episode:
/// `segments` (role, turn, cursor, text), `evictions` (cursor, before_turn: gone from that turn's
/// thought on) and `auxiliary` (after_turn, text), all by the hindsight rule. Deterministic from
/// the arguments; throws a usage error for unknown names and an output error if the stream fails.
void export_jsonl(std::string_view task, std::string_view setting, std::uint64_t seed,
                  std::uint64_t first, std::uint64_t count, std::ostream& out,
                  const ExportOptions& options);

}  // namespace pagequest::agent
