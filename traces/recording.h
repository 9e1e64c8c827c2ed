// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "traces/schema/v5.h"

namespace pagequest::traces {

template <class Tuple>
struct VectorsOf;
template <class... Rows>
struct VectorsOf<std::tuple<Rows...>> {
  using Type = std::tuple<std::vector<Rows>...>;
};

/// Component-wise bounds of a page's keys, (layer, KV head, head_dim) each.
struct KeyBounds {
  std::vector<float> lowest;
  std::vector<float> highest;
};

/// One whole episode as rows of the format's tables, masses and key bounds aside. References
/// between tables (tokens_begin, block...) count from the episode's own first row.
struct EpisodeRecording {
  VectorsOf<schema::v5::EpisodeTables>::Type tables;
  std::vector<schema::v5::KeyBoundsRow> key_bounds;
  std::vector<schema::v5::HeadEvictionRow> head_evictions;
  std::vector<schema::v5::RequantisationRow> requantisations;
  std::vector<schema::v5::KeyReadsRow> key_reads;
  std::vector<std::int32_t> keys_read;  // (layer, KV head) of each row of key_reads
  /// Of each row of attention/steps, (layer) and (layer, KV head) twice; empty if not captured.
  std::vector<std::int32_t> first_pages;
  std::vector<float> sink_shares;
  std::vector<float> query_cosines;  // NaN where a thread had no step before
  schema::v5::EpisodeRow episode;

  template <class Row>
  [[nodiscard]] std::vector<Row>& rows() {
    return std::get<std::vector<Row>>(tables);
  }
  template <class Row>
  [[nodiscard]] const std::vector<Row>& rows() const {
    return std::get<std::vector<Row>>(tables);
  }
};

}  // namespace pagequest::traces
