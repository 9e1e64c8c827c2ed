// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/reader.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "traces/event_decoder.h"
#include "traces/io/episode_reader.h"
#include "traces/io/header_io.h"
#include "traces/io/kernel_tables.h"

namespace pagequest::traces {
namespace {

using io::Handle;
using io::QuietErrors;
using io::Status;

struct OpenedFile {
  Handle file;
  bool was_closed = true;
};

/// A recording whose process died is still marked as being written; HDF5 opens it as a reader
/// beside the writer would.
OpenedFile open_file(const Status& status) {
  errno = 0;
  if (!std::ifstream(status.path(), std::ios::binary)) {
    status.fail("can't open the trace", {}, std::strerror(errno), "a file that can be read");
  }
  const char* path = status.path().c_str();
  Handle plain(H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (plain.get() >= 0) return {std::move(plain), true};
  const std::string reason = io::last_reason();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // No writer is racing with us: a checksum that fails once fails for good.
  H5Pset_metadata_read_attempts(access.get(), 1);
  Handle beside(H5Fopen(path, H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, access.get()), H5Fclose);
  if (beside.get() < 0) status.fail("this is not a readable HDF5 file", {}, reason, {});
  return {std::move(beside), false};
}

}  // namespace

struct Reader::State {
  explicit State(const std::filesystem::path& path)
      : status(ErrorKind::input, path),
        opened(open_file(status)),
        header(io::read_header(status, opened.file.get())),
        episodes(status, opened.file.get(), header) {
    if (header.kernel_timing) {
      kernels.emplace(status, opened.file.get());
    } else {
      io::expect_no_kernel_times(status, opened.file.get());
    }
    for (const auto& row : episodes.episodes()) ended.push_back(decode_episode(row));
    for (const auto& row : episodes.unfinished()) unfinished.push_back(EpisodeId{row.episode});
  }

  Status status;
  OpenedFile opened;  // declared before the columns: they are closed first
  Header header;
  io::EpisodeReader episodes;
  std::optional<io::KernelReader> kernels;
  std::vector<EpisodeEnded> ended;
  std::vector<EpisodeId> unfinished;
};

Reader::Reader(const std::filesystem::path& path) {
  const QuietErrors quiet;
  state_ = std::make_unique<State>(path);
}

Reader::~Reader() {
  const QuietErrors quiet;
  state_.reset();
}

Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

const Header& Reader::header() const { return state_->header; }

const std::vector<EpisodeEnded>& Reader::episodes() const { return state_->ended; }

bool Reader::was_closed() const { return state_->opened.was_closed; }

const std::vector<EpisodeId>& Reader::unfinished() const { return state_->unfinished; }

void Reader::replay(std::size_t index, EventSink& sink, bool with_attention) const {
  PQ_CHECK(index < state_->ended.size(), "the episode is one of episodes()");
  const io::EpisodeReader& episodes = state_->episodes;
  const EpisodeRecording recording = [&] {
    const QuietErrors quiet;
    return episodes.read(episodes.episodes()[index], with_attention);
  }();
  const LoadValues load{.block =
                            [&](std::size_t number) {
                              const QuietErrors quiet;
                              return episodes.read_block(recording, number);
                            },
                        .bounds =
                            [&](std::size_t row) {
                              const QuietErrors quiet;
                              return episodes.read_bounds(recording, row);
                            }};
  decode_events(recording, state_->header, with_attention ? &load : nullptr, sink);
}

KernelCounts Reader::kernel_counts() const {
  return state_->kernels ? state_->kernels->counts() : KernelCounts{};
}

void Reader::replay_kernels(KernelTimesSink& sink) const {
  const QuietErrors quiet;
  if (state_->kernels) state_->kernels->replay(sink);
}

}  // namespace pagequest::traces
