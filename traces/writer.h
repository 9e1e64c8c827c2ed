// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/ids.h"
#include "traces/attention_block.h"
#include "traces/header.h"
#include "traces/kernel_times.h"
#include "traces/recording.h"

namespace pagequest::traces {

/// How often whole episodes are brought into the file, where they survive the death of the process.
struct WriterOptions {
  std::int32_t commit_episodes = 8;
  std::uint64_t commit_bytes =
      64U << 20U;  // of what goes with attention and kernels, before compression
};

/// Writes a trace in format version 3 to `<path>.partial` and renames it to `path` on close().
/// Nothing else replaces what is at `path`. If that is a symbolic link, all this holds for what it
/// leads to. The same calls give the same bytes. Every function throws output_error, on a full disk
/// for instance, and the constructor if no regular file is at `path`; after that only close(),
/// abandon() and the destructor may follow, and the episodes that were committed before stay
/// readable in `<path>.partial`. Not thread safe.
class Writer {
 public:
  Writer(const std::filesystem::path& path, const Header& header,
         const WriterOptions& options = {});
  /// As abandon(), but keeps errors to itself.
  ~Writer();
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;

  /// One attention block of an episode that will be written later; `number` as RecordingBuilder
  /// counts. Every step has the rows of block_shape(header).
  void write_block(EpisodeId episode, std::int32_t number, const RawBlock& block);

  /// The values of the episode's next row of key_bounds. Only with that capture.
  void write_bounds(EpisodeId episode, const KeyBounds& bounds);

  /// A whole episode, all of whose blocks and key bounds were written: it is readable from the next
  /// commit on.
  void write_episode(EpisodeRecording recording);

  /// The next part of the kernel times, which is readable from the next commit on. Only if the
  /// header announces them.
  void write_kernels(const KernelBatch& batch);

  /// Commits, notes which episodes were begun and are not whole, and gives the file its name.
  void close(std::span<const EpisodeId> unfinished = {});

  /// Ends a recording that went wrong: as close(), but the whole episodes stay in `<path>.partial`,
  /// and without one no file is left.
  void abandon(std::span<const EpisodeId> unfinished = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Where a trace lies until its writer is closed.
[[nodiscard]] std::filesystem::path partial_path(const std::filesystem::path& path);

}  // namespace pagequest::traces
