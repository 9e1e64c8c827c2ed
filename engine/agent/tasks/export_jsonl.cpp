// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/agent/tasks/export_jsonl.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "engine/agent/tasks/task.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

using Json = nlohmann::ordered_json;

std::string_view role_name(Role role) {
  constexpr std::array<std::string_view, 3> names = {"prompt", "model", "tool"};
  return names[static_cast<std::size_t>(role)];
}

/// Plays forks and deletions over one trajectory. Intervals and lags vary around SideQuest's (an
/// auxiliary thread every 4 turns, applied one turn later) so that the model depends on neither.
class Sampler {
 public:
  Sampler(const ExpertWorld& world, int turns, const ExportOptions& options, Rng rng)
      : world_(world),
        turns_(turns),
        options_(options),
        rng_(rng),
        holes_(rng_.chance(options.holes)) {}

  void run(Json& record) {
    record["evictions"] = Json::array();
    record["auxiliary"] = Json::array();
    int next_fork = rng_.between(2, 5);
    for (int turn = 1; turn < turns_; ++turn) {  // the last turn has no response
      apply_due(turn, record);
      open_.push_back(turn - 1);
      if (turn < next_fork) continue;
      fork(turn, record);
      next_fork = turn + (holes_ ? interval() : rng_.between(4, 12));
    }
  }

 private:
  int interval() { return rng_.chance(0.6) ? 4 : rng_.between(2, 6); }

  void apply_due(int turn, Json& record) {
    if (turn < due_turn_) return;
    for (const int cursor : due_) {
      if (rng_.chance(options_.missed)) continue;
      record["evictions"].push_back({{"cursor", cursor}, {"before_turn", turn}});
      std::erase(open_, cursor);
    }
    due_.clear();
  }

  void fork(int turn, Json& record) {
    if (options_.auxiliary)
      record["auxiliary"].push_back(
          {{"after_turn", turn}, {"text", world_.auxiliary(turn, open_)}});
    if (!holes_ || !due_.empty()) return;
    const std::vector<int> expired = world_.expired_cursors(turn);
    std::ranges::set_intersection(expired, open_, std::back_inserter(due_));
    due_turn_ = turn + (rng_.chance(0.8) ? 2 : rng_.between(1, 3));
  }

  const ExpertWorld& world_;
  int turns_;
  const ExportOptions& options_;
  Rng rng_;
  bool holes_;
  std::vector<int> open_;
  std::vector<int> due_;
  int due_turn_ = 0;
};

Json episode_record(const ExpertWorld& world, std::uint64_t index, const ExportOptions& options,
                    Rng rng) {
  Json record = {{"index", index}, {"hops", world.hops()}, {"segments", Json::array()}};
  int turns = 0;
  for (const Segment& segment : world.expert()) {
    record["segments"].push_back({{"role", role_name(segment.role)},
                                  {"turn", segment.turn},
                                  {"cursor", segment.cursor},
                                  {"text", segment.text}});
    turns = std::max(turns, segment.turn);
  }
  Sampler(world, turns, options, rng).run(record);
  return record;
}

}  // namespace

void export_jsonl(std::string_view task, std::string_view setting, std::uint64_t seed,
                  std::uint64_t first, std::uint64_t count, std::ostream& out,
                  const ExportOptions& options) {
  (void)make_world(task, setting, seed, first);  // throws where there is no expert
  const Json header = {{"task", task},
                       {"setting", setting},
                       {"seed", seed},
                       {"vocabulary", find_task(task).vocabulary()},
                       {"relations", relation_words()}};
  out << header.dump() << '\n';
  for (std::uint64_t index = first; index < first + count; ++index) {
    const auto world = make_world(task, setting, seed, index);
    const Rng rng(mix64(seed) + 1, index);  // apart from the stream that draws the world
    out << episode_record(*world, index, options, rng).dump() << '\n';
    if (!out)
      throw output_error(
          {.what = "cannot write episodes", .where = {}, .found = {}, .expected = {}, .hint = {}});
  }
}

}  // namespace pagequest::agent
