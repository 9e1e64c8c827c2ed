// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/events.h"
#include "cli/evaluation/suite.h"
#include "engine/kv/occupancy_audit.h"

namespace pagequest::model {
class Model;
}

namespace pagequest::cli {

struct EvaluatedEpisode {
  EpisodeEnded ended;
  kv::Occupancy occupancy;                 // in tokens, see there; mean_tokens_by_head is not kept
  bool has_answer = true;                  // without one, `ended.correct` says nothing
  std::vector<std::int32_t> written = {};  // by the model on its main thread; of custom tasks only
};

/// What playing a cell's episodes gave, by the number of the episode.
struct CellResult {
  std::vector<EvaluatedEpisode> episodes;
  std::string commit;         // of the program that played it
  double core_seconds = 0.0;  // processor time
};

using EvaluatedCell = std::pair<CellSpec, CellResult>;

/// Plays a cell, on one thread unless it is of a custom task that has more. Nothing if `goes_on`
/// said no.
[[nodiscard]] std::optional<CellResult> play(const CellSpec& spec, const model::Model& model,
                                             const std::function<bool()>& goes_on);

/// The cell's file in the folder: written whole or not at all.
void write_cell(const CellSpec& spec, const model::Model& model, const CellResult& result,
                const std::filesystem::path& folder);

/// Nothing if there is no such file. Throws input_error if it is of a cell with the same name that
/// was played otherwise or by another model, or no cell at all.
[[nodiscard]] std::optional<CellResult> read_cell(const CellSpec& spec, const model::Model& model,
                                                  const std::filesystem::path& folder);

}  // namespace pagequest::cli
