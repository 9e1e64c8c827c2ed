// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "traces/schema/column.h"
#include "traces/schema/v2_columns.h"
#include "traces/schema/v3.h"

/// Names, chunk lengths and columns of the tables that version 3 adds to those of version 2.
namespace pagequest::traces::schema {

template <>
struct Table<v3::OperationRow> {
  static constexpr std::string_view kName = "operations";
  static constexpr std::size_t kChunkRows = 16384;
  static constexpr auto kColumns = std::tuple{
      Column{"iteration", &v3::OperationRow::iteration, "of the whole engine, as in steps"},
      Column{"layer", &v3::OperationRow::layer, "from 0; -1: not of a layer"},
      Column{"kind", &v3::OperationRow::kind,
             "0 embed, 1 norm, 2 query_key_value, 3 store_kv, 4 attention, 5 attention_output, "
             "6 gate_up, 7 activation, 8 down, 9 route, 10 experts, 11 logits, 12 sample, "
             "13 copy_pages, 14 upload, 15 download"},
      Column{"phase", &v3::OperationRow::phase,
             "of the forward pass: 0 prefill, 1 decode, 2 mixed"},
      Column{"bytes", &v3::OperationRow::bytes, "that it must read and write at least"},
      Column{"flops", &v3::OperationRow::flops, "floating-point operations that it needs"}};
};

template <>
struct Table<v3::KernelRow> {
  static constexpr std::string_view kName = "kernels";
  static constexpr std::size_t kChunkRows = 16384;
  static constexpr auto kColumns = std::tuple{
      Column{"operation", &v3::KernelRow::operation, "row in operations; -1: of none"},
      Column{"name", &v3::KernelRow::name, "row in kernels/names"},
      Column{"stream", &v3::KernelRow::stream, "of the device; -1: not known"},
      Column{"start_ns", &v3::KernelRow::start_ns, "from the start of the first run written, ns"},
      Column{"duration_ns", &v3::KernelRow::duration_ns, "from start to end, ns"}};
};

template <>
struct Table<v3::KernelNameRow> {
  static constexpr std::string_view kName = "kernels/names";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns =
      std::tuple{Column{"text_begin", &v3::KernelNameRow::text_begin, "first row in kernels/text"},
                 Column{"text_count", &v3::KernelNameRow::text_count, "bytes of the name"}};
};

template <>
struct Table<v3::KernelTextRow> {
  static constexpr std::string_view kName = "kernels/text";
  static constexpr std::size_t kChunkRows = 4096;
  static constexpr auto kColumns = std::tuple{Column{"byte", &v3::KernelTextRow::byte, "UTF-8"}};
};

template <>
struct Table<v3::KernelsWrittenRow> {
  static constexpr std::string_view kName = "kernels/written";
  static constexpr std::size_t kChunkRows = 1024;
  static constexpr auto kColumns = std::tuple{
      Column{"names", &v3::KernelsWrittenRow::names, "rows of kernels/names that count"},
      Column{"operations", &v3::KernelsWrittenRow::operations, "rows of operations that count"},
      Column{"runs", &v3::KernelsWrittenRow::runs, "rows of kernels that count"},
      Column{"dropped", &v3::KernelsWrittenRow::dropped, "runs that were lost so far"}};
};

}  // namespace pagequest::traces::schema
