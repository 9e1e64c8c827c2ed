// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/inspection_tables.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace pagequest::cli {
namespace {

std::string spaced(std::span<const std::int32_t> numbers) {
  std::string text;
  for (const std::int32_t number : numbers) {
    text += (text.empty() ? "" : " ") + std::to_string(number);
  }
  return text;
}

/// "0-15 18 20-31" of ascending numbers.
std::string ranges(std::span<const std::int32_t> numbers) {
  std::string text;
  for (std::size_t first = 0; first < numbers.size();) {
    std::size_t last = first;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : " ") + std::to_string(numbers[first]);
    if (last > first) text += "-" + std::to_string(numbers[last]);
    first = last + 1;
  }
  return text;
}

ResultTable pool_table(const runtime::Inspection& inspection) {
  ResultTable table("pool", "The KV page pool between two iterations.",
                    {{"iteration", ""},
                     {"page_size", "tokens"},
                     {"kv_storage", ""},
                     {"used_pages", "pages"},
                     {"total_pages", "pages"},
                     {"page_bytes", "bytes"},
                     {"used_bytes", "bytes"},
                     {"preemptions", "sequences"}});
  table.add({inspection.iteration, std::int64_t{inspection.page_size},
             std::string(inspection.kv_type), std::int64_t{inspection.used_pages},
             std::int64_t{inspection.total_pages}, inspection.page_bytes,
             inspection.used_pages * inspection.page_bytes, inspection.preemptions});
  return table;
}

ResultTable group_table(const runtime::Inspection& inspection) {
  ResultTable table("kv_groups", "Layers and KV heads whose pages go together; window 0 sees all.",
                    {{"group", ""}, {"layers", ""}, {"kv_heads", ""}, {"window", "tokens"}});
  std::int64_t number = 0;
  for (const runtime::InspectedGroup& group : inspection.groups) {
    table.add({number++, ranges(group.layers), ranges(group.kv_heads), std::int64_t{group.window}});
  }
  return table;
}

std::vector<Cell> page_cells(const runtime::InspectedPage& page) {
  return {std::int64_t{page.page.value}, std::int64_t{page.group}, page.bytes,
          std::int64_t{page.references}, std::string(page.cached ? "yes" : "no")};
}

std::vector<Cell> owner_cells(const runtime::PageOwner& owner) {
  const Cell mass =
      owner.mass ? Cell(static_cast<double>(*owner.mass)) : Cell(std::string("not captured"));
  return {std::int64_t{owner.sequence.value},
          std::int64_t{owner.episode.value},
          std::string(to_string(owner.thread)),
          std::int64_t{owner.logical_page},
          mass,
          ranges(owner.positions),
          spaced(owner.tokens)};
}

ResultTable page_table(const runtime::Inspection& inspection) {
  ResultTable table("pages",
                    "Physical pages in use, a row for each owner. The mass is what the owner's "
                    "last step attended to, mean over the layers and KV heads of the group.",
                    {{"page", ""},
                     {"group", ""},
                     {"bytes", "bytes"},
                     {"references", ""},
                     {"cached", ""},
                     {"sequence", ""},
                     {"episode", ""},
                     {"thread", ""},
                     {"logical_page", ""},
                     {"mass", "share of attention"},
                     {"positions", ""},
                     {"tokens", "ids"}});
  for (const runtime::InspectedPage& page : inspection.pages) {
    for (const runtime::PageOwner& owner : page.owners) {
      std::vector<Cell> row = page_cells(page);
      for (Cell& cell : owner_cells(owner)) row.push_back(std::move(cell));
      table.add(std::move(row));
    }
    if (!page.owners.empty()) continue;
    std::vector<Cell> row = page_cells(page);
    row.resize(table.columns().size(), std::string());
    table.add(std::move(row));
  }
  return table;
}

}  // namespace

std::vector<ResultTable> inspection_tables(const runtime::Inspection& inspection) {
  return {pool_table(inspection), group_table(inspection), page_table(inspection)};
}

}  // namespace pagequest::cli
