// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "cli/studied_trace.h"
#include "notebooks_export/exporter.h"
#include "notebooks_export/report.h"

namespace pagequest::cli {

/// The report of one or more traces: what each policy costs, live KV over time, how pages are used,
/// and the episodes on a simulated server.
[[nodiscard]] notebooks_export::Report build_report(const std::vector<StudiedTrace>& traces);

/// Writes the report to `target`, and with `notebook` a Jupyter notebook beside it. Returns the
/// files.
[[nodiscard]] std::vector<std::filesystem::path> write_report(
    const std::vector<StudiedTrace>& traces, const std::filesystem::path& target,
    const notebooks_export::ExporterEntry& exporter, bool notebook);

}  // namespace pagequest::cli
