// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {

/// The whole report as JSON text ("pagequest-report", version 1). Each block carries its
/// table. NaN and infinities are null.
[[nodiscard]] std::string to_json(const Report& report, int indent);

}  // namespace pagequest::notebooks_export
