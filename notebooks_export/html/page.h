// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {

/// The report as one HTML page that needs no other file and no script.
[[nodiscard]] std::string html_page(const Report& report);

}  // namespace pagequest::notebooks_export
