// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "simulator/validation/measured_row.h"

namespace pagequest::simulator {

struct SplitRows {
  std::vector<MeasuredRow> fit;
  std::vector<MeasuredRow> test;
};

/// Holds whole shapes out: of each machine, engine and model, the shapes (GPUs and nominal lengths)
/// are numbered in the order of their names from 0. "even": the even ones are fitted, the odd ones
/// are the test, with all of their concurrencies; "odd": the other way round. Throws usage_error on
/// another word.
[[nodiscard]] SplitRows split_rows(const std::vector<MeasuredRow>& rows, std::string_view fitted);

}  // namespace pagequest::simulator
