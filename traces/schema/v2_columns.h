// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"
#include "traces/schema/v1_columns.h"
#include "traces/schema/v2.h"

/// Names, chunk lengths and columns of the tables that version 2 adds to those of version 1.
namespace pagequest::traces::schema {

template <>
struct Table<v2::KeyBoundsRow> {
  static constexpr std::string_view kName = "key_bounds/pages";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns =
      std::tuple{Column{"thread", &v2::KeyBoundsRow::thread, "0 main, 1 auxiliary"},
                 Column{"step", &v2::KeyBoundsRow::step, "of the thread that filled the page"},
                 Column{"page", &v2::KeyBoundsRow::page, "logical page: position / page size"},
                 Column{"values_begin", &v2::KeyBoundsRow::values_begin,
                        "first element in key_bounds/lowest and key_bounds/highest"}};
};

}  // namespace pagequest::traces::schema
