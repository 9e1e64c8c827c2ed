// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The corpus task in a build without SQLite.
#include "base/error.h"
#include "engine/agent/tasks/corpus_task.h"

namespace pagequest::agent {

std::unique_ptr<TaskSource> open_corpus_task(const TaskInputs& /*inputs*/,
                                             const model::Tokenizer& /*tokenizer*/) {
  throw usage_error({.what = "this build has no corpus task",
                     .where = "the minimal build (PQ_MINIMAL)",
                     .found = {},
                     .expected = "another task, such as pocket-hops",
                     .hint = "use the full build, which has SQLite"});
}

}  // namespace pagequest::agent
