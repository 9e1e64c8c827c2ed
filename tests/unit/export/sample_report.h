// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "notebooks_export/report.h"

namespace pagequest::testing {

/// A report with every kind of block and chart, of invented but plausible numbers; texts hold
/// characters that HTML, CSV and Python must escape.
[[nodiscard]] notebooks_export::Report sample_report();

}  // namespace pagequest::testing
