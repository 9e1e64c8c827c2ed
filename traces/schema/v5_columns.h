// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"
#include "traces/schema/v4_columns.h"
#include "traces/schema/v5.h"

/// Names, chunk lengths and columns of the tables that version 5 adds.
namespace pagequest::traces::schema {

template <>
struct Table<v5::RequantisationRow> {
  using Row = v5::RequantisationRow;
  static constexpr std::string_view kName = "requantisations";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{
      Column{"step", &Row::step, "last main step before the decision"},
      Column{"turn", &Row::turn, "of the decision"},
      Column{"layer", &Row::layer, "from 0; -1: all"},
      Column{"kv_head", &Row::kv_head, "from 0; -1: all of the layer"},
      Column{"first", &Row::first, "position of the first token of the span"},
      Column{"count", &Row::count, "tokens of the span, live or not"},
      Column{"tokens", &Row::tokens, "of the span that were live there"},
      Column{"key_bits", &Row::key_bits, "of an element of the keys, from now on"},
      Column{"value_bits", &Row::value_bits, "of an element of the values, from now on"}};
};

template <>
struct Table<v5::KeyReadsRow> {
  static constexpr std::string_view kName = "key_reads/steps";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns =
      std::tuple{Column{"thread", &v5::KeyReadsRow::thread, "0 main, 1 auxiliary"},
                 Column{"step", &v5::KeyReadsRow::step, "of the thread"}};
};

}  // namespace pagequest::traces::schema
