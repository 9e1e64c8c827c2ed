// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/evaluation/cell.h"
#include "cli/interrupt.h"
#include "engine/model/model.h"

namespace pagequest::cli {

/// By SuiteTask::model.
using Models = std::map<std::string, model::Model>;

/// Plays the cells that have no file in a folder yet, several at a time, each on one core, and
/// writes the file of each one that is whole.
class CellPlayer {
 public:
  /// All references must outlive the player. Throws as read_cell() does.
  CellPlayer(const std::vector<CellSpec>& cells, const Models& models, std::filesystem::path folder,
             InterruptGuard& interrupt);

  /// Cells that have files of an earlier run.
  [[nodiscard]] std::size_t found() const { return cells_.size() - missing_.size(); }

  /// False if it was interrupted: the cells under way are lost. Rethrows what a cell threw first.
  bool run(std::int32_t jobs);

  [[nodiscard]] std::vector<EvaluatedCell> finished() const;

 private:
  [[nodiscard]] bool stopped() const { return failed_ || interrupted_; }
  void watch();
  void work();
  void play_cell(std::size_t index);

  const std::vector<CellSpec>& cells_;
  const Models& models_;
  std::filesystem::path folder_;
  InterruptGuard& interrupt_;
  std::vector<std::optional<CellResult>> results_;  // (cell)
  std::vector<std::size_t> missing_;                // cells without a file
  std::atomic<std::size_t> next_ = 0;               // of missing_
  std::atomic<std::size_t> done_ = 0;               // of missing_
  std::atomic<bool> failed_ = false;
  std::atomic<bool> interrupted_ = false;
  std::mutex mutex_;
  std::exception_ptr error_;  // the first one
};

}  // namespace pagequest::cli
