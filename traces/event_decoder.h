// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/event_sink.h"
#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/recording.h"

namespace pagequest::traces {

/// Block `number` of the recording, from wherever it lies.
using LoadBlock = std::function<PackedBlock(std::size_t number)>;

/// Sends the events of a whole episode, in the recorded order. References in the recording must be
/// inside its tables; the rest is checked here: throws input_error on values that no event can
/// have. Without `load_block` the PagesAttended events are left out and the attention tables not
/// read.
void decode_events(const EpisodeRecording& recording, const Header& header,
                   const LoadBlock& load_block, EventSink& sink);

/// The outcome of an episode's row. Throws input_error on an unknown outcome.
[[nodiscard]] EpisodeEnded decode_episode(const schema::v1::EpisodeRow& row);

}  // namespace pagequest::traces
