// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/agent/tasks/task.h"

namespace pagequest::agent {

/// Task `prompts`: one generation a line of a JSON-lines file. A line has `prompt` (a text) or
/// `messages` (objects of `role` and `content`; roles system, user, assistant), and may have `id`,
/// `max_tokens` (of the generation) and `answer` or `answers`. An episode is correct when its
/// answer is among them (answers.h); without them it is never correct, as nothing is known. Throws
/// input_error that names file, line and field.
[[nodiscard]] std::unique_ptr<TaskSource> open_prompts_task(const TaskInputs& inputs,
                                                            const model::Tokenizer& tokenizer);

}  // namespace pagequest::agent
