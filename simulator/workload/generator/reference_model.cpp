// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/generator/reference_model.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace pagequest::simulator {
namespace {

constexpr std::int32_t kWithinTurns = 4;  // of EpisodeParams::content_expired_in_4_turns

/// Turns until the last use of a page that the answer doesn't cite: geometric, at least 1.
std::int32_t draw_gap(const EpisodeParams& params, Rng& rng) {
  const double others = 1.0 - params.content_reused_at_end;
  const double u = rng.uniform();
  if (others <= params.content_expired_in_4_turns) return 1 + static_cast<int>(u * kWithinTurns);
  const double longer = 1.0 - params.content_expired_in_4_turns / others;  // than 4 turns
  const double step = std::log(longer) / kWithinTurns;
  return step == 0.0 ? 1 << 20
                     : 1 + static_cast<std::int32_t>(std::min(std::log1p(-u) / step, 1e6));
}

class LastUses {
 public:
  LastUses(const EpisodeParams& params, const std::vector<Action>& actions, Rng& rng)
      : params_(params), last_turn_(static_cast<std::int32_t>(actions.size())), rng_(rng) {
    for (std::int32_t turn = 0; turn < last_turn_; ++turn) {
      add(turn, actions[static_cast<std::size_t>(turn)]);
    }
    for (const std::int32_t page : searches_) finish_search(page);
  }

  std::vector<ToolResponse> take() { return std::move(responses_); }

 private:
  void add(std::int32_t turn, Action action) {
    responses_.push_back({.turn = turn, .last_use = turn});
    if (action == Action::search) {
      searches_.push_back(turn);
      return;
    }
    if (action == Action::find) use(newest_page_, turn);
    if (action == Action::open) follow_link(turn);
    const bool cited = rng_.chance(params_.content_reused_at_end);
    use(turn, cited ? last_turn_ : turn + draw_gap(params_, rng_));
    if (action == Action::open) newest_page_ = turn;
  }

  void follow_link(std::int32_t turn) {
    const bool newest = rng_.chance(params_.newest_search_share);
    const std::size_t back = newest || searches_.size() == 1 ? 1 : 2;
    use(searches_[searches_.size() - back], turn);
  }

  void finish_search(std::int32_t page) {
    const std::int32_t read =
        std::max(responses_[static_cast<std::size_t>(page)].last_use, page + 1);
    use(page, read + (rng_.chance(params_.search_lingers) ? 1 : 0));
  }

  void use(std::int32_t cursor, std::int32_t turn) {
    std::int32_t& last = responses_[static_cast<std::size_t>(cursor)].last_use;
    last = std::max(last, std::min(turn, last_turn_));
  }

  const EpisodeParams& params_;
  std::int32_t last_turn_;
  Rng& rng_;
  std::vector<ToolResponse> responses_;
  std::vector<std::int32_t> searches_;
  std::int32_t newest_page_ = 0;
};

}  // namespace

std::string_view to_string(Action action) {
  switch (action) {
    case Action::search:
      return "search";
    case Action::open:
      return "open";
    case Action::find:
      return "find";
  }
  return "";
}

std::vector<Action> draw_actions(const EpisodeParams& params, std::int32_t turns, Rng& rng) {
  std::vector<Action> actions;
  bool has_page = false;
  for (std::int32_t turn = 0; turn + 1 < turns; ++turn) {
    const double u = turn == 0 ? 0.0 : rng.uniform();
    if (turn == 0 || u < params.search_share) {
      actions.push_back(Action::search);
    } else if (u < params.search_share + params.open_share || !has_page) {
      actions.push_back(Action::open);
      has_page = true;
    } else {
      actions.push_back(Action::find);
    }
  }
  return actions;
}

std::vector<ToolResponse> draw_last_uses(const EpisodeParams& params,
                                         const std::vector<Action>& actions, Rng& rng) {
  return LastUses(params, actions, rng).take();
}

}  // namespace pagequest::simulator
