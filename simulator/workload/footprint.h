// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// The most that a session holds at once when it runs alone, with every auxiliary thread at its
/// full length from the fork on (an upper bound: it decodes while the main thread goes on).
struct Footprint {
  std::int32_t peak_pages = 0;   // physical
  std::int32_t peak_tokens = 0;  // live
};
[[nodiscard]] Footprint footprint(const Session& session, std::int32_t page_tokens,
                                  bool dead_slots = false);

}  // namespace pagequest::simulator
