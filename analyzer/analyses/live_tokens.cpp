// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analyses/factories.h"
#include "analyzer/occupancy.h"
#include "base/error.h"

namespace pagequest::analyzer {
namespace {

Occupied larger(const Occupied& a, const Occupied& b) {
  return {std::max(a.tokens, b.tokens), std::max(a.tokens_with_aux, b.tokens_with_aux),
          std::max(a.physical, b.physical), std::max(a.physical_with_aux, b.physical_with_aux)};
}

/// Means over the episodes that reach a point of an axis.
class Point {
 public:
  void add(const Occupied& at) {
    ++episodes_;
    sum_.tokens += at.tokens;
    sum_.tokens_with_aux += at.tokens_with_aux;
    sum_.physical += at.physical;
    sum_.physical_with_aux += at.physical_with_aux;
  }
  [[nodiscard]] std::vector<Cell> row(const std::string& policy, Cell x) const {
    const auto mean = [this](std::int64_t sum) {
      return static_cast<double>(sum) / static_cast<double>(episodes_);
    };
    return {policy,
            std::move(x),
            episodes_,
            mean(sum_.tokens),
            mean(sum_.tokens_with_aux),
            mean(sum_.physical),
            mean(sum_.physical_with_aux)};
  }

 private:
  std::int64_t episodes_ = 0;
  Occupied sum_;
};

void add_at(std::vector<Point>& axis, std::size_t i, const Occupied& value) {
  if (axis.size() <= i) axis.resize(i + 1);
  axis[i].add(value);
}

constexpr std::size_t kProgressPoints = 101;  // 0 % to 100 % of an episode's steps

class LiveTokens final : public Analysis {
 public:
  LiveTokens(const traces::Header& header, std::size_t stride)
      : policy_(header.policy),
        page_size_(header.page_size),
        has_windows_(header.has_windows()),
        stride_(stride),
        occupancy_(header.page_size),
        by_progress_(kProgressPoints) {}

  [[nodiscard]] bool needs_attention() const override { return false; }
  [[nodiscard]] std::vector<ResultTable> results() const override;

 private:
  struct Peak {
    EpisodeId episode;
    Occupied most;
  };

  void do_observe(const Event& event) override;
  void sample(Thread thread);
  void end_episode(EpisodeId episode);
  [[nodiscard]] ResultTable axis_table(std::string name, std::string description, Column x,
                                       const std::vector<Point>& axis, double scale) const;
  [[nodiscard]] ResultTable peak_table() const;
  [[nodiscard]] std::string window_note() const;

  std::string policy_;
  std::int32_t page_size_;
  bool has_windows_;
  std::size_t stride_;
  Occupancy occupancy_;
  std::vector<Occupied> by_step_;  // of the running episode
  std::vector<Occupied> at_turn_;
  Occupied most_;

  std::vector<Point> by_progress_;
  std::vector<Point> by_absolute_step_;
  std::vector<Point> by_turn_;
  std::vector<Peak> peaks_;
};

void LiveTokens::do_observe(const Event& event) {
  occupancy_.observe(event);
  if (std::holds_alternative<EpisodeBegan>(event)) {
    by_step_.clear();
    at_turn_.clear();
    most_ = {};
  } else if (const auto* filled = std::get_if<TokensFilled>(&event)) {
    sample(filled->thread);
  } else if (std::holds_alternative<TurnBegan>(event)) {
    at_turn_.push_back(occupancy_.now());
  } else if (const auto* ended = std::get_if<EpisodeEnded>(&event)) {
    end_episode(ended->episode);
  }
}

/// One sample a main step; an auxiliary step that runs beside it can only raise it.
void LiveTokens::sample(Thread thread) {
  const Occupied now = occupancy_.now();
  most_ = larger(most_, now);
  if (thread == Thread::main) {
    by_step_.push_back(now);
  } else if (!by_step_.empty()) {
    by_step_.back() = larger(by_step_.back(), now);
  }
}

void LiveTokens::end_episode(EpisodeId episode) {
  peaks_.push_back({episode, most_});
  for (std::size_t turn = 0; turn < at_turn_.size(); ++turn) {
    add_at(by_turn_, turn, at_turn_[turn]);
  }
  if (by_step_.empty()) return;
  for (std::size_t step = 0; step < by_step_.size(); step += stride_) {
    add_at(by_absolute_step_, step / stride_, by_step_[step]);
  }
  for (std::size_t i = 0; i < kProgressPoints; ++i) {
    by_progress_[i].add(by_step_[i * (by_step_.size() - 1) / (kProgressPoints - 1)]);
  }
}

/// What the events can't tell: a window drops pages layer by layer, the events are the policy's.
std::string LiveTokens::window_note() const {
  if (!has_windows_) return {};
  return " The model has sliding windows: tokens and pages count until the policy drops them, also "
         "in layers whose window has passed them, so the engine's pool holds fewer pages.";
}

std::vector<ResultTable> LiveTokens::results() const {
  const std::string what =
      " Mean over episodes. Logical: live tokens. Physical: pages with at least one live token x " +
      std::to_string(page_size_) +
      " tokens. With aux: plus what the auxiliary thread alone holds." + window_note();
  return {
      axis_table("live_tokens_by_progress",
                 "Occupancy along the main thread's steps, each episode stretched to 100 %." + what,
                 {"progress", "share of steps"}, by_progress_,
                 1.0 / static_cast<double>(kProgressPoints - 1)),
      axis_table("live_tokens_by_step",
                 "Occupancy at the main thread's steps (prefill chunks and decoded tokens). "
                 "Later points rest on the episodes that last so long." +
                     what,
                 {"step", "steps"}, by_absolute_step_, static_cast<double>(stride_)),
      axis_table("live_tokens_by_turn",
                 "Occupancy when a turn begins. Later points rest on the episodes that last "
                 "so long." +
                     what,
                 {"turn", "turns"}, by_turn_, 1.0),
      peak_table()};
}

ResultTable LiveTokens::axis_table(std::string name, std::string description, Column x,
                                   const std::vector<Point>& axis, double scale) const {
  const bool whole = scale >= 1.0;
  ResultTable table(std::move(name), std::move(description),
                    {{"policy", ""},
                     std::move(x),
                     {"episodes", "episodes"},
                     {"tokens", "tokens"},
                     {"tokens_with_aux", "tokens"},
                     {"physical_tokens", "tokens"},
                     {"physical_tokens_with_aux", "tokens"}});
  if (peaks_.empty()) return table;
  for (std::size_t i = 0; i < axis.size(); ++i) {
    const double at = static_cast<double>(i) * scale;
    table.add(axis[i].row(policy_, whole ? Cell{static_cast<std::int64_t>(at)} : Cell{at}));
  }
  return table;
}

ResultTable LiveTokens::peak_table() const {
  ResultTable table("peak_tokens",
                    "The most that each episode holds at once, measured from the events; the four "
                    "peaks may fall on different steps." +
                        window_note(),
                    {{"policy", ""},
                     {"episode", ""},
                     {"peak_tokens", "tokens"},
                     {"peak_tokens_with_aux", "tokens"},
                     {"peak_physical_tokens", "tokens"},
                     {"peak_physical_tokens_with_aux", "tokens"}});
  for (const auto& [episode, most] : peaks_) {
    table.add({policy_, std::int64_t{episode.value}, most.tokens, most.tokens_with_aux,
               most.physical, most.physical_with_aux});
  }
  return table;
}

}  // namespace

std::span<const ParamSpec> live_tokens_params() {
  static const ParamSpec kParams[] = {
      {"stride", std::int64_t{8}, "distance in steps of the rows on the absolute axis"}};
  return kParams;
}

AnalysisPtr make_live_tokens(const Params& params, const traces::Header& header) {
  const std::int64_t stride = params.integer("stride");
  if (stride < 1) {
    throw usage_error({.what = "bad value for parameter `stride`",
                       .where = "live-tokens",
                       .found = std::to_string(stride),
                       .expected = "at least 1 step",
                       .hint = {}});
  }
  return std::make_unique<LiveTokens>(header, static_cast<std::size_t>(stride));
}

}  // namespace pagequest::analyzer
