// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/event_sink.h"
#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/recording.h"

namespace pagequest::traces {

/// What a recording's rows refer to, from wherever it lies.
struct LoadValues {
  std::function<PackedBlock(std::size_t number)> block;
  std::function<KeyBounds(std::size_t row)> bounds;  // of a row of key_bounds
};

/// Sends the events of a whole episode, in the recorded order. References in the recording must be
/// inside its tables; the rest is checked here: throws input_error on values that no event can
/// have. Without `load` the PagesAttended and KeysBounded events are left out and their tables not
/// read.
void decode_events(const EpisodeRecording& recording, const Header& header, const LoadValues* load,
                   EventSink& sink);

/// The outcome of an episode's row. Throws input_error on an unknown outcome.
[[nodiscard]] EpisodeEnded decode_episode(const schema::v5::EpisodeRow& row);

}  // namespace pagequest::traces
