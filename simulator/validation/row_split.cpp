// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/validation/row_split.h"

#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/params.h"

namespace pagequest::simulator {

SplitRows split_rows(const std::vector<MeasuredRow>& rows, std::string_view fitted) {
  if (fitted != "even" && fitted != "odd") throw_unknown_name("split", fitted, {"even", "odd"});
  std::map<std::string, std::set<std::string>> shapes;
  for (const auto& row : rows) shapes[row.fit_group()].insert(row.shape());
  SplitRows out;
  for (const auto& row : rows) {
    const auto& own = shapes.at(row.fit_group());
    const bool even = std::distance(own.begin(), own.find(row.shape())) % 2 == 0;
    (even == (fitted == "even") ? out.fit : out.test).push_back(row);
  }
  return out;
}

}  // namespace pagequest::simulator
