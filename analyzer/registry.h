// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "analyzer/analysis.h"
#include "base/params.h"
#include "traces/header.h"

namespace pagequest::analyzer {

struct AnalysisEntry {
  std::string_view name;
  std::string_view description;  // one line
  std::span<const ParamSpec> (*params)();
  /// Throws usage_error on parameter values that make no sense.
  std::unique_ptr<Analysis> (*make)(const Params& params, const traces::Header& header);
};

/// All analyses, sorted by name.
[[nodiscard]] std::span<const AnalysisEntry> analyses();

/// Throws usage_error that lists the valid names.
[[nodiscard]] const AnalysisEntry& find_analysis(std::string_view name);

}  // namespace pagequest::analyzer
