// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/event_sink.h"
#include "base/events.h"
#include "traces/header.h"
#include "traces/kernel_times.h"

namespace pagequest::traces {

/// Reads a trace file of any supported version and gives its events back.
class Reader {
 public:
  /// Throws input_error on a file that is missing, foreign, truncated or of an unknown version.
  explicit Reader(const std::filesystem::path& path);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  [[nodiscard]] const Header& header() const;
  /// The whole episodes, in the order in which they ended.
  [[nodiscard]] const std::vector<EpisodeEnded>& episodes() const;
  /// False for the `.partial` file of a process that died: the episodes that it committed are here.
  [[nodiscard]] bool was_closed() const;
  /// Episodes that had begun when the recording was closed early; their data is not kept.
  [[nodiscard]] const std::vector<EpisodeId>& unfinished() const;
  /// Sends every event of episodes()[index] to the sink, in the recorded order, with the recorded
  /// numbers bit for bit. Without attention the PagesAttended and KeysBounded events (most of the
  /// file) are neither read nor sent.
  void replay(std::size_t index, EventSink& sink, bool with_attention = true) const;

  /// All 0 in a trace without kernel times.
  [[nodiscard]] KernelCounts kernel_counts() const;
  /// Sends the recording's kernel times in parts: all names, then all operations, then the runs.
  void replay_kernels(KernelTimesSink& sink) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::traces
