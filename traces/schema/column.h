// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace pagequest::traces::schema {

/// One column of an on-disk table: a 1-D dataset named `name` in the table's group, whose element
/// type is the member's. `description` is stored beside it, with the unit.
template <class Row, class T>
struct Column {
  using Value = T;
  std::string_view name;
  T Row::*member;
  std::string_view description;
};
template <class Row, class T>
Column(const char*, T Row::*, const char*) -> Column<Row, T>;

/// Specialised for every row type: `kName`, the group; `kChunkRows`; `kColumns`, a tuple of Column.
template <class Row>
struct Table;

}  // namespace pagequest::traces::schema
