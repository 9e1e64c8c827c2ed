// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/params.h"
#include "simulator/tiers/tier_chain.h"

namespace pagequest::simulator {

/// A kind of tier whose figures need not be given.
struct TierPreset {
  std::string_view name;
  std::string_view description;  // with the sources of the figures
  double capacity_bytes;
  double read_bytes_per_s;
  double write_bytes_per_s;
  double latency_s;
  bool shared;
};

/// Sorted by name: dram, remote, ssd.
[[nodiscard]] std::span<const TierPreset> tier_presets();
/// Keys of a tier's text, with their help.
[[nodiscard]] std::span<const ParamSpec> tier_parameters();

/// From "NAME" or "NAME:key=value,...", as in
///   dram:capacity=1TB,read=55GB/s,latency=10us        ssd:eviction=ttl:seconds=300
/// NAME is a preset, whose figures hold where none is given, or any other name; then capacity and
/// read must be given, and write is as read. Throws usage_error.
[[nodiscard]] TierSpec parse_tier(const std::string& text);

}  // namespace pagequest::simulator
