// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "analyzer/analysis.h"
#include "base/params.h"
#include "traces/header.h"

/// What the registry needs of each analysis; nothing else includes this.
namespace pagequest::analyzer {

using AnalysisPtr = std::unique_ptr<Analysis>;

std::span<const ParamSpec> attention_sinks_params();
AnalysisPtr make_attention_sinks(const Params& params, const traces::Header& header);

std::span<const ParamSpec> episodes_params();
AnalysisPtr make_episodes(const Params& params, const traces::Header& header);

std::span<const ParamSpec> kernels_params();
AnalysisPtr make_kernels(const Params& params, const traces::Header& header);

std::span<const ParamSpec> live_tokens_params();
AnalysisPtr make_live_tokens(const Params& params, const traces::Header& header);

std::span<const ParamSpec> page_popularity_params();
AnalysisPtr make_page_popularity(const Params& params, const traces::Header& header);

std::span<const ParamSpec> recency_recall_params();
AnalysisPtr make_recency_recall(const Params& params, const traces::Header& header);

std::span<const ParamSpec> reuse_distance_params();
AnalysisPtr make_reuse_distance(const Params& params, const traces::Header& header);

}  // namespace pagequest::analyzer
