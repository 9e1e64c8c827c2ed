// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "notebooks_export/report.h"

/// What the registry needs of each exporter; nothing else includes this.
namespace pagequest::notebooks_export {

using Paths = std::vector<std::filesystem::path>;

Paths write_csv(const Report& report, const std::filesystem::path& target);
Paths write_html(const Report& report, const std::filesystem::path& target);
Paths write_ipynb(const Report& report, const std::filesystem::path& target);
Paths write_json(const Report& report, const std::filesystem::path& target);

}  // namespace pagequest::notebooks_export
