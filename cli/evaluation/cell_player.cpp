// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluation/cell_player.h"

#include <chrono>
#include <thread>
#include <utility>

#include "cli/progress.h"

namespace pagequest::cli {

CellPlayer::CellPlayer(const std::vector<CellSpec>& cells, const Models& models,
                       std::filesystem::path folder, InterruptGuard& interrupt)
    : cells_(cells), models_(models), folder_(std::move(folder)), interrupt_(interrupt) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    results_.push_back(read_cell(cells[i], models.at(cells[i].task.model), folder_));
    if (!results_.back()) missing_.push_back(i);
  }
}

bool CellPlayer::run(std::int32_t jobs) {
  std::vector<std::thread> workers;
  for (std::int32_t job = 0; job < jobs; ++job) {
    workers.emplace_back([this] { work(); });
  }
  watch();
  for (std::thread& worker : workers) worker.join();
  if (error_) std::rethrow_exception(error_);
  return done_ == missing_.size();
}

void CellPlayer::watch() {
  ProgressLine line("evaluating");
  const auto show = [&] {
    line.show(static_cast<std::int64_t>(found() + done_), std::ssize(cells_), "cells");
  };
  while (done_ < missing_.size() && !stopped()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    interrupted_ = interrupt_.requested();
    show();
  }
  line.done();
}

void CellPlayer::work() {
  for (std::size_t at = next_++; at < missing_.size() && !stopped(); at = next_++) {
    try {
      play_cell(missing_[at]);
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      if (!error_) error_ = std::current_exception();
      failed_ = true;
    }
  }
}

void CellPlayer::play_cell(std::size_t index) {
  const CellSpec& spec = cells_[index];
  const model::Model& model = models_.at(spec.task.model);
  auto result = play(spec, model, [this] { return !stopped(); });
  if (!result) return;
  write_cell(spec, model, *result, folder_);
  results_[index] = std::move(result);
  ++done_;
}

std::vector<EvaluatedCell> CellPlayer::finished() const {
  std::vector<EvaluatedCell> finished;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (results_[i]) finished.emplace_back(cells_[i], *results_[i]);
  }
  return finished;
}

}  // namespace pagequest::cli
