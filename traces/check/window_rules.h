// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/events.h"
#include "traces/check/findings.h"
#include "traces/header.h"

namespace pagequest::traces {

/// First page that a query at `position` sees in any layer; 0 if a layer sees all.
[[nodiscard]] std::int32_t first_page_in_windows(const Header& header, std::int32_t position);

/// Rules about the first pages of one PagesAttended event after whose step `next_position` is the
/// thread's next one: what a layer does not see lies outside of its window and has no mass.
void check_windows(const PagesAttended& attended, const Header& header, std::int32_t next_position,
                   Findings& findings);

}  // namespace pagequest::traces
