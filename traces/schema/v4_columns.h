// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"
#include "traces/schema/v2_columns.h"
#include "traces/schema/v4.h"

/// Name, chunk length and columns of the table that version 4 adds.
namespace pagequest::traces::schema {

template <>
struct Table<v4::HeadEvictionRow> {
  static constexpr std::string_view kName = "head_evictions";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{
      Column{"step", &v4::HeadEvictionRow::step, "last main step before the eviction"},
      Column{"turn", &v4::HeadEvictionRow::turn, "of the decision"},
      Column{"layer", &v4::HeadEvictionRow::layer, "from 0"},
      Column{"kv_head", &v4::HeadEvictionRow::kv_head, "from 0; -1: all of the layer"},
      Column{"first", &v4::HeadEvictionRow::first, "position of the first token of the span"},
      Column{"count", &v4::HeadEvictionRow::count, "tokens of the span, live or not"},
      Column{"tokens", &v4::HeadEvictionRow::tokens, "of the span that were live there"}};
};

}  // namespace pagequest::traces::schema
