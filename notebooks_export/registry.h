// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "notebooks_export/exporter.h"

namespace pagequest::notebooks_export {

/// All exporters, sorted by name.
[[nodiscard]] std::span<const ExporterEntry> exporters();

/// Throws usage_error that lists the valid names.
[[nodiscard]] const ExporterEntry& find_exporter(std::string_view name);

/// The exporter for a target's suffix; a target without one is a folder. Throws usage_error that
/// lists the valid suffixes.
[[nodiscard]] const ExporterEntry& exporter_for(const std::filesystem::path& target);

}  // namespace pagequest::notebooks_export
