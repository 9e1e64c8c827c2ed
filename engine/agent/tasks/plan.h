// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "engine/agent/tasks/settings.h"

namespace pagequest::agent {

/// What a question step asks of the agent: open a new document; read a new fact of an old one;
/// `find` a fact that the old document does not display; compare two notes.
enum class StepKind { open, back, find, compare };

/// Question step `label`: the value of `relation` for the entity that `source` stands for, or the
/// larger or smaller of the notes `source` and `other`.
struct Step {
  StepKind kind = StepKind::open;
  int label = 0;
  std::string_view relation;
  int source = 0;
  int other = -1;
  std::string value;
};

/// A label that the question binds to an entity.
struct Root {
  int label = 0;
  std::string entity;
};

/// A question with its solution. Labels rise along the steps; every entity has one label.
struct Plan {
  std::vector<Root> roots;
  std::vector<Step> steps;
  std::vector<int> asked;  // labels whose values make the answer

  /// The value bound to or found for a label.
  [[nodiscard]] const std::string& value_of(int label) const;
  /// The label of the last step that reads about the entity of `source`.
  [[nodiscard]] int last_step_of(int source) const;
  [[nodiscard]] int hops() const;
};

[[nodiscard]] Plan draw_plan(const HopsSetting& setting, Rng rng);

}  // namespace pagequest::agent
