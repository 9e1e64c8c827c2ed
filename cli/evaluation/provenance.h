// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include <fmt/ranges.h>

#include "cli/evaluation/cell.h"
#include "cli/version.h"

namespace pagequest::cli {

/// How a report begins: the command that makes it, and the builds that played its cells, which may
/// be older than the one that reports them.
inline std::string made_by(const std::string& command, const std::vector<EvaluatedCell>& cells) {
  std::set<std::string> commits;
  for (const auto& [spec, cell] : cells) commits.insert(cell.commit);
  return fmt::format("Made by `{}` (PageQuest {}, {} {})", command, version(),
                     commits.size() == 1 ? "commit" : "commits", fmt::join(commits, ", "));
}

}  // namespace pagequest::cli
