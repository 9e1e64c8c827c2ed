// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "simulator/sweep/sweep_plan.h"

namespace pagequest::simulator {

inline const SweepNames& test_names() {
  static const SweepNames names{.settings = {"concurrency", "machine", "policy", "share"},
                                .metrics = {}};
  return names;
}

/// Nothing is filled in.
inline SweepSettings as_given(const SweepSettings& settings) { return settings; }

inline SweepPlan planned(const std::string& yaml) {
  return plan_sweep(parse_sweep(yaml, "sweep.yaml", test_names()), as_given);
}

/// The message of the error that `act` throws, or "".
template <class Act>
std::string message_of(const Act& act) {
  try {
    static_cast<void>(act());
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace pagequest::simulator
