// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/agent/tasks/plan.h"
#include "engine/agent/tasks/task.h"

namespace pagequest::agent {

/// What the expert sees in one turn: each of its calls succeeds, so cursor = turn - 1.
struct Display {
  enum class Kind { hits, document, found };
  Kind kind = Kind::hits;
  int cursor = 0;
  int turn = 0;
  int last_use = 0;  // the last turn whose thought, call or answer uses the display
  int source = -1;   // of a document: the label of its entity
  int step = 0;      // the label of the question step for which the call was made
};

[[nodiscard]] int needed_calls(const Plan& plan);
[[nodiscard]] std::vector<Display> expert_displays(const Plan& plan);

/// Plays the plan against a fresh world.
[[nodiscard]] std::vector<Segment> play_expert(ExpertWorld& world, const Plan& plan);

/// `NEWEST ; STEP`, then for each other document of `open`, downwards, `CURSOR SOURCE LAST verdict`
/// where LAST is the last step that reads about SOURCE; then `base NEWEST` and the list. Search
/// results and `find` displays need no reasoning: all but the newest display are deleted.
[[nodiscard]] std::string auxiliary_text(const Plan& plan, int turn, std::span<const int> open);

}  // namespace pagequest::agent
