// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/event_sink.h"
#include "tracer/kernel_timer.h"
#include "traces/header.h"
#include "traces/writer.h"

namespace pagequest::tracer {

struct RecorderOptions {
  traces::WriterOptions writer;
  /// Its times go into the trace, whose header must name its clock. Must outlive the recorder.
  KernelTimer* kernels = nullptr;
  std::size_t queue_bytes = std::size_t{256} << 20U;  // that wait for the disk at most
};

/// Records the events of many interleaved episodes into a trace file. on() only copies; sorting,
/// compression and the disk are a background thread's work, so recording doesn't stop decoding
/// until queue_bytes are waiting. The file depends on the events and their order alone, and on the
/// kernel times where there are some.
///
/// Errors of the background thread (a full disk) are thrown by the next on() and by close().
class Recorder final : public EventSink {
 public:
  /// Throws output_error if `path` can't be written.
  Recorder(const std::filesystem::path& path, const traces::Header& header,
           const RecorderOptions& options = {});
  /// Without close(), as when an error is thrown past it, what stands at `path` is untouched: the
  /// episodes that have ended stay in `<path>.partial`, the others are named there as unfinished,
  /// and no file is left if none has ended. Keeps errors to itself.
  ~Recorder() override;
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  void on(const Event& event) override;

  /// Waits until everything is written and gives the file its name. Episodes that have not ended
  /// are left out and named as unfinished, so an interrupted recording keeps its whole episodes.
  /// The engine must be idle if kernels are timed.
  void close();

  /// How long on() has waited for the background thread so far, seconds.
  [[nodiscard]] double blocked_seconds() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pagequest::tracer
