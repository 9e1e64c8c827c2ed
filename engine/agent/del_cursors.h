// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

namespace pagequest::agent {

struct DeletionCommand {
  bool parsed = false;
  std::vector<std::int32_t> cursors;  // ascending, without repeats; empty when not parsed
};

/// Reads an auxiliary thread's output: free reasoning, then `{"del_cursors": [0, 3]}` (SideQuest,
/// section 3.1; the paper prints the key unquoted, we take strict JSON). The object is what lies
/// from the last `{` to the last `}`. Malformed output, another key, or a cursor that is not in
/// `known` deletes nothing: parsed is false.
[[nodiscard]] DeletionCommand parse_del_cursors(std::string_view text,
                                                const std::set<std::int32_t>& known);

/// Whether the text has a whole command, whatever its cursors are.
[[nodiscard]] bool holds_del_cursors(std::string_view text);

}  // namespace pagequest::agent
