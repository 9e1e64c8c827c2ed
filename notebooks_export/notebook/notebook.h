// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "notebooks_export/report.h"

namespace pagequest::notebooks_export {

/// A Jupyter notebook (nbformat 4.5) without outputs, as JSON text. It reads the report's traces by
/// paths relative to `folder`, where it will lie, and carries the report's tables as data.
[[nodiscard]] std::string notebook_json(const Report& report, const std::filesystem::path& folder);

}  // namespace pagequest::notebooks_export
