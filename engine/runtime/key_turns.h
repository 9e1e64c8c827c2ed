// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "engine/kv/page_table.h"
#include "engine/ops/turned_pages.h"

namespace pagequest::runtime {

/// How many positions later each live token of a table must count, so that a query at or behind the
/// next position sees it as far away as there are live tokens between them: StreamingLLM's
/// numbering by place in the cache (arXiv 2309.17453, section 3.2), and what SideQuest (arXiv
/// 2602.22603) would do if it re-indexed. To close a hole of k tokens is to move all before it k
/// later.
///
/// That equals encoding what is left anew by its places and the query by the number of live tokens
/// before it: rotary attention goes by differences, and so the youngest tokens, the query's own
/// among them, can keep their positions.
///
/// Runs over the table's pages with live tokens, in order; empty: no hole, every key counts as it
/// is. Linear in the pages.
[[nodiscard]] std::vector<ops::TurnedPages> key_turns(const kv::PageTable& table);

}  // namespace pagequest::runtime
