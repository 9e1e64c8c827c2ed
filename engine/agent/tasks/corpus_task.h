// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/agent/tasks/task.h"

namespace pagequest::agent {

/// Task `corpus`: questions to be answered with search, open and find over a corpus file. A line of
/// the questions has `question`, `answer` or `answers`, and may have `id` and `needed_calls`. An
/// episode is correct when its final answer gives an accepted one (answers.h), and strict when it
/// also took no more calls than needed. Throws input_error that names file, line and field.
[[nodiscard]] std::unique_ptr<TaskSource> open_corpus_task(const TaskInputs& inputs,
                                                           const model::Tokenizer& tokenizer);

}  // namespace pagequest::agent
