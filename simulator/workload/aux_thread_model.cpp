// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/workload/aux_thread_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/rng.h"
#include "engine/kv/policies/param_ranges.h"

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

constexpr std::string_view kOwner = "auxiliary threads";

}  // namespace

std::span<const ParamSpec> aux_thread_param_specs() { return kSpecs; }

AuxThreadParams aux_thread_params(const std::map<std::string, std::string>& given) {
  const Params params(kOwner, kSpecs, given);
  const auto whole = [&](std::string_view name, std::int64_t least) {
    return kv::integer_in(params, kOwner, name, least, 1'000'000);
  };
  return {.interval_turns = whole("interval_turns", 1),
          .lag_turns = whole("lag_turns", -1),
          .trigger_tokens = whole("trigger_tokens", 0),
          .tokens = {.median = kv::real_in(params, kOwner, "aux_tokens", 1, 1e6),
                     .sigma = kv::real_in(params, kOwner, "aux_tokens_sigma", 0, 3)},
          .hindsight_interval_turns = whole("hindsight_interval_turns", 1)};
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
