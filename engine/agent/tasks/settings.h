// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace pagequest::agent {

/// An inclusive range to draw from.
struct Range {
  int low = 0;
  int high = 0;
};

/// How large the episodes of a setting are. Turns = 2 * documents + finds.
struct HopsSetting {
  std::string_view name;
  Range roots;      // entities named in the question: one branch each
  Range documents;  // documents that must be opened
  Range backs;      // steps that read a new fact of a document opened before
  Range finds;      // of those steps, how many need `find`
  Range compares;   // steps that compare two numbers noted before
  Range facts;      // fact lines of a document
  Range strays;     // fact lines about somebody else in a document
  Range hits;       // lines of a search result
  Range filler;     // words of filler after a line
};

/// The settings of `pocket-hops` by name. `tiny` serves the training: it comes
/// first in the curriculum, and it is rich in comparisons, which are rare elsewhere.
[[nodiscard]] std::span<const HopsSetting> hops_settings();

/// Throws a usage error that lists the valid names.
[[nodiscard]] const HopsSetting& find_hops_setting(std::string_view name);

}  // namespace pagequest::agent
