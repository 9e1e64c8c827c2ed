// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "simulator/sweep/shard.h"

namespace pagequest::cli {

/// The shard that --shard names: "2/8", "slurm" (a task of a job array, by the variables
/// SLURM_ARRAY_TASK_ID, _MIN, _MAX and _COUNT) or "k8s/8" (a pod of an Indexed Job, by
/// JOB_COMPLETION_INDEX). Variables are read where the word asks for them only. Throws usage_error.
[[nodiscard]] simulator::Shard shard_of(const std::string& text);

}  // namespace pagequest::cli
