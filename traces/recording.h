// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <vector>

#include "traces/schema/v1.h"

namespace pagequest::traces {

template <class Tuple>
struct VectorsOf;
template <class... Rows>
struct VectorsOf<std::tuple<Rows...>> {
  using Type = std::tuple<std::vector<Rows>...>;
};

/// One whole episode as rows of the format's tables, attention values aside. References between
/// tables (tokens_begin, block...) count from the episode's own first row.
struct EpisodeRecording {
  VectorsOf<schema::v1::EpisodeTables>::Type tables;
  schema::v1::EpisodeRow episode;

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
