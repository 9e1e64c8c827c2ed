// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "simulator/sweep/pareto_search.h"
#include "simulator/sweep/sweep_plan.h"

namespace pagequest::cli {

/// A folder that holds a sweep: manifest.jsonl, and results/<id>.json for each point that is done.
/// Every file is written whole or not at all, so that a sweep can be killed at any time.
class SweepFolder {
 public:
  explicit SweepFolder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  void write_plan(const simulator::SweepPlan& plan) const;
  /// Throws input_error if there is none.
  [[nodiscard]] simulator::SweepPlan read_plan() const;

  void write_result(const std::string& id, const std::string& text) const;
  /// What is no whole result of a point is nothing.
  [[nodiscard]] simulator::PointResults read_results(const simulator::SweepPlan& plan) const;

  /// Removes what killed runs left under temporary names. Only when none is running.
  void remove_remains() const;

 private:
  [[nodiscard]] std::filesystem::path manifest() const { return path_ / "manifest.jsonl"; }
  [[nodiscard]] std::filesystem::path results() const { return path_ / "results"; }

  std::filesystem::path path_;
};

}  // namespace pagequest::cli
