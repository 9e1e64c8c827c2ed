// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/aux_thread_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"

namespace pagequest::simulator {
namespace {

constexpr std::uint64_t kAuxStream = 0x617578ULL;

constexpr std::array kSpecs{
    ParamSpec{"interval_turns", std::int64_t{4},
              "turns between two auxiliary threads (SideQuest, section 4.3, of the training data)"},
    ParamSpec{
        "lag_turns", std::int64_t{-1},
        "turns from the fork of an auxiliary thread to its command, 0: the main thread waits; "
        "-1: until the main thread has decoded as many tokens, at least 1"},
    ParamSpec{
        "trigger_tokens", std::int64_t{12},
        "prefilled by an auxiliary thread: `** Memory management mode **` (SideQuest, section "
        "3.2) in a harmony frame; our count"},
    ParamSpec{"aux_tokens", 120.0,
              "median tokens that an auxiliary thread decodes; assumption: SideQuest publishes no "
              "length, and this is about a tenth of what a frames episode decodes"},
    ParamSpec{"aux_tokens_sigma", 0.3, "of its logarithm; assumption"},
    ParamSpec{"hindsight_interval_turns", std::int64_t{1},
              "turns between two commands of the policy `hindsight`, which costs nothing"}};

double in_range(const Params& params, std::string_view name, double least, double most) {
  const ParamValue& given = params.all().find(name)->second;
  const auto* whole = std::get_if<std::int64_t>(&given);
  const double value = whole != nullptr ? static_cast<double>(*whole) : std::get<double>(given);
  if (value >= least && value <= most) return value;
  throw usage_error({.what = "bad value for parameter `" + std::string(name) + "`",
                     .where = "auxiliary threads",
                     .found = to_text(value),
                     .expected = to_text(least) + " to " + to_text(most),
                     .hint = {}});
}

}  // namespace

std::span<const ParamSpec> aux_thread_param_specs() { return kSpecs; }

AuxThreadParams aux_thread_params(const std::map<std::string, std::string>& given) {
  const Params params("auxiliary threads", kSpecs, given);
  const auto whole = [&](std::string_view name, double least, double most) {
    return static_cast<std::int32_t>(in_range(params, name, least, most));
  };
  return {.interval_turns = whole("interval_turns", 1, 1e6),
          .lag_turns = whole("lag_turns", -1, 1e6),
          .trigger_tokens = whole("trigger_tokens", 0, 1e6),
          .tokens = {.median = in_range(params, "aux_tokens", 1, 1e6),
                     .sigma = in_range(params, "aux_tokens_sigma", 0, 3)},
          .hindsight_interval_turns = whole("hindsight_interval_turns", 1, 1e6)};
}

ForkAux AuxThreadModel::fork(std::int32_t turn, std::vector<std::int32_t> cursors) {
  const auto key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(episode_.value)) << 32U) |
                   static_cast<std::uint32_t>(turn);
  Rng rng(seed_ ^ kAuxStream, key);
  running_ = true;
  forked_at_ = turn;
  decoded_ = 0;
  ++passes_;
  length_ = static_cast<std::int32_t>(std::clamp(std::round(params_.tokens.draw(rng)), 1.0, 1e7));
  cursors_ = std::move(cursors);
  return {.prefill_tokens = params_.trigger_tokens, .decode_tokens = length_};
}

bool AuxThreadModel::has_ended(std::int32_t turn) const {
  if (!running_) return false;
  if (params_.lag_turns >= 0) return turn - forked_at_ >= params_.lag_turns;
  return turn > forked_at_ && decoded_ >= length_;
}

std::vector<std::int32_t> AuxThreadModel::join() {
  running_ = false;
  return std::exchange(cursors_, {});
}

}  // namespace pagequest::simulator
