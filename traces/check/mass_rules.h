// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/events.h"
#include "traces/check/findings.h"

namespace pagequest::traces {

/// Rules about the masses of one PagesAttended event: rows that sum to 1 with the sinks' share,
/// maxima that are not below means, no mass on pages that a layer does not see.
void check_masses(const PagesAttended& attended, Findings& findings);

}  // namespace pagequest::traces
