// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cli/exit_codes.h"
#include "cli/sweep_folder.h"
#include "simulator/sweep/shard.h"

namespace pagequest::cli {

/// Evaluates the points of the folder's sweep that have no result yet, on that many threads. Points
/// of other shards are left out. Ctrl-C and SIGTERM let running points end. Throws usage_error for
/// a shard of a search, whose rounds need all results, and input_error if a point's inputs are not
/// those that it was planned with.
[[nodiscard]] ExitCode run_sweep(const SweepFolder& folder, std::int32_t jobs,
                                 const simulator::Shard& shard);

/// The same with all MPI ranks, one thread each.
[[nodiscard]] ExitCode run_sweep_over_mpi(const SweepFolder& folder);

}  // namespace pagequest::cli
