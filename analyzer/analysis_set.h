// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analyzer/analysis.h"
#include "base/event_sink.h"
#include "base/result_table.h"
#include "traces/header.h"
#include "traces/kernel_times.h"

namespace pagequest::analyzer {

/// An analysis as a user asks for it.
struct AnalysisRequest {
  std::string name;
  std::map<std::string, std::string> params;  // as text; those that are left out take defaults
};

/// Every registered analysis with its default parameters.
[[nodiscard]] std::vector<AnalysisRequest> all_analyses();

/// The tables of one analysis, and the parameters that it ran with, for the output's provenance.
struct AnalysisResult {
  std::string name;
  std::map<std::string, std::string> params;  // resolved
  std::vector<ResultTable> tables;
};

/// Several analyses fed by one pass over the events, one episode after the other, and by one over
/// the kernel times.
class AnalysisSet final : public EventSink, public traces::KernelTimesSink {
 public:
  /// Throws usage_error on an unknown analysis, parameter or value.
  AnalysisSet(std::span<const AnalysisRequest> requests, const traces::Header& header);

  void on(const Event& event) override;
  void on(const traces::KernelBatch& part) override;
  [[nodiscard]] bool wants_attention() const override;
  [[nodiscard]] bool wants_kernel_times() const;

  /// In the order of the requests.
  [[nodiscard]] std::vector<AnalysisResult> results() const;

 private:
  struct Running {
    AnalysisResult description;  // without tables
    std::unique_ptr<Analysis> analysis;
  };
  std::vector<Running> running_;
  EpisodeId episode_;  // the one that is being replayed
};

}  // namespace pagequest::analyzer
