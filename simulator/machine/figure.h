// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace pagequest::simulator {

/// A number of the catalog and where it comes from.
struct Figure {
  double value = 0.0;
  std::string source;
};

}  // namespace pagequest::simulator
