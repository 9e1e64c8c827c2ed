// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/mpi_ranks.h"

#include <chrono>
#include <cstdint>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include <boost/mpi.hpp>

namespace pagequest::simulator {
namespace {

namespace mpi = boost::mpi;

constexpr int kOffer = 1;  // to rank 0: the point that was done (or kNone) and its text
constexpr int kPoint = 2;  // from rank 0: a point, or kNone when there will be no more
constexpr std::int64_t kNone = -1;
constexpr std::chrono::milliseconds kPoll{1};

}  // namespace

struct MpiRanks::State {
  // Threads that evaluate never call MPI.
  mpi::environment environment{mpi::threading::funneled};
  mpi::communicator world;
  std::vector<int> idle;  // ranks that wait for a point

  void take_offers(PointQueue& queue) {
    while (const auto status = world.iprobe(mpi::any_source, kOffer)) {
      std::int64_t point = kNone;
      std::string text;
      world.recv(status->source(), kOffer, point);
      world.recv(status->source(), kOffer, text);
      if (point != kNone) queue.finish({static_cast<std::size_t>(point), std::move(text)});
      idle.push_back(status->source());
    }
  }

  void hand_out(PointQueue& queue) {
    while (!idle.empty()) {
      const auto point = queue.take();
      if (!point) return;
      world.send(idle.back(), kPoint, static_cast<std::int64_t>(*point));
      idle.pop_back();
    }
  }

  /// Sleeps between looks: MPI's own waiting would keep a core busy.
  void await(int source, int tag) const {
    while (!world.iprobe(source, tag)) std::this_thread::sleep_for(kPoll);
  }
};

MpiRanks::MpiRanks() : state_(std::make_unique<State>()) {}
MpiRanks::~MpiRanks() = default;
bool MpiRanks::is_built_in() { return true; }
int MpiRanks::rank() const { return state_->world.rank(); }
int MpiRanks::size() const { return state_->world.size(); }

bool MpiRanks::run(std::span<const std::size_t> points, const SweepWork& work) {
  const auto serve_ranks = [this](PointQueue& queue) {
    state_->take_offers(queue);
    state_->hand_out(queue);
  };
  return run_points(points, 1, work, {.serve = serve_ranks, .interval = kPoll});
}

void MpiRanks::dismiss() {
  PointQueue none({});
  while (std::ssize(state_->idle) + 1 < size()) {
    state_->await(mpi::any_source, kOffer);
    state_->take_offers(none);
  }
  for (int rank = 1; rank < size(); ++rank) state_->world.send(rank, kPoint, kNone);
}

void MpiRanks::serve(const std::function<std::string(std::size_t point)>& evaluate) {
  std::int64_t point = kNone;
  std::string text;
  do {
    state_->world.send(0, kOffer, point);
    state_->world.send(0, kOffer, text);
    state_->await(0, kPoint);
    state_->world.recv(0, kPoint, point);
    if (point != kNone) text = evaluate(static_cast<std::size_t>(point));
  } while (point != kNone);
}

}  // namespace pagequest::simulator
