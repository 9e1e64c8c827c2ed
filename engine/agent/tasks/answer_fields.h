// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/agent/tasks/jsonl.h"

namespace pagequest::agent {

/// The texts of `answer` (a text) and `answers` (a list of texts); numbers count as texts.
[[nodiscard]] std::vector<std::string> accepted_answers(const JsonLine& line);

}  // namespace pagequest::agent
