// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "simulator/sweep/mpi_ranks.h"

namespace pagequest::simulator {

struct MpiRanks::State {};

MpiRanks::MpiRanks() {
  throw usage_error({.what = "MPI is not built in",
                     .where = "--mpi",
                     .found = "a build without Boost.MPI",
                     .expected = "a build with it",
                     .hint =
                         "install libboost-mpi1.81-dev and configure with -DPQ_MPI=AUTO, or use "
                         "--shard"});
}

MpiRanks::~MpiRanks() = default;
bool MpiRanks::is_built_in() { return false; }
int MpiRanks::rank() const { return 0; }
int MpiRanks::size() const { return 1; }
bool MpiRanks::run(std::span<const std::size_t> /*points*/, const SweepWork& /*work*/) {
  return false;
}
void MpiRanks::dismiss() {}
void MpiRanks::serve(const std::function<std::string(std::size_t point)>& /*evaluate*/) {}

}  // namespace pagequest::simulator
