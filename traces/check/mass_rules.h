// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/events.h"
#include "traces/check/findings.h"

namespace pagequest::traces {

/// Rules about the numbers of one PagesAttended event alone: rows that sum to 1, maxima that are
/// not below means.
void check_masses(const PagesAttended& attended, Findings& findings);

}  // namespace pagequest::traces
