// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/events.h"
#include "traces/check/findings.h"
#include "traces/check/token_ledger.h"
#include "traces/header.h"

namespace pagequest::traces {

/// Rules about what a PagesAttended event has beside mean, maximum, sinks and windows: masses per
/// query head that reduce to them, token sets of live tokens, cosines. `tokens`: of the thread,
/// those of the step included.
void check_captures(const PagesAttended& attended, const Header& header, const TokenLedger& tokens,
                    Findings& findings);

/// Rules about one KeysBounded event: its page got its last token among the `filled` of the step.
void check_bounds(const KeysBounded& bounded, const Header& header, const TokenLedger& tokens,
                  std::int32_t filled, Findings& findings);

}  // namespace pagequest::traces
