// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/evaluation/suite.h"

namespace pagequest::cli {

/// Equally many tokens of one class after the other, dropped once in the midst of the same
/// episodes.
[[nodiscard]] Suite ablation_suite();

}  // namespace pagequest::cli
