// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/planning/saturation.h"

namespace pagequest::simulator {

std::string_view to_string(Saturation saturation) {
  switch (saturation) {
    case Saturation::stable:
      return "stable";
    case Saturation::backlogged:
      return "backlogged";
    case Saturation::overloaded:
      return "overloaded";
  }
  return {};
}

Saturation saturation_of(const QueueEvidence& evidence) {
  constexpr double kGrowth = 0.05;
  const double growth = evidence.waiting_late - evidence.waiting_early;
  if (evidence.arrived > 0.0 && growth > 1.0 && growth > kGrowth * evidence.arrived) {
    return Saturation::overloaded;
  }
  const bool is_long =
      evidence.waiting_late >= 1.0 && evidence.waiting_late >= evidence.served_late;
  return is_long ? Saturation::backlogged : Saturation::stable;
}

}  // namespace pagequest::simulator
