// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pagequest::simulator {

struct JobSize {
  std::string folder;        // of the planned sweep
  std::int32_t shards = 16;  // processes
  std::int32_t threads = 4;  // of each
};

/// A batch script or manifest that runs a planned sweep in shards, for a reader to adapt and
/// submit. `scheduler` is "slurm" (a job array) or "k8s" (an Indexed Job); throws usage_error that
/// lists both.
[[nodiscard]] std::string job_template(std::string_view scheduler, const JobSize& size);

}  // namespace pagequest::simulator
