// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/writer.h"

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/output_path.h"
#include "traces/io/header_io.h"
#include "traces/io/trace_columns.h"
#include "traces/io/write_driver.h"

namespace pagequest::traces {
namespace {

using namespace schema::v5;
using io::Handle;
using io::QuietErrors;
using io::Status;
using io::WriteFailure;

[[noreturn]] void fail(const Status& status, std::string_view what, const WriteFailure& failure,
                       std::string hint = {}) {
  status.fail(what, {}, std::strerror(failure.error_number), {}, std::move(hint));
}

Handle create_file(const Status& status, const Handle& driver, WriteFailure& failure) {
  const Handle access = io::write_access(status, driver, failure);
  // Only the formats of HDF5 1.10 and later checksum their metadata and can be read after a crash.
  status(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "can't set up HDF5");
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  status(H5Pset_obj_track_times(creation.get(), false), "can't set up HDF5");
  Handle file(H5Fcreate(status.path().c_str(), H5F_ACC_TRUNC, creation.get(), access.get()),
              H5Fclose);
  if (failure.error_number == EWOULDBLOCK) {
    fail(status, "can't create the trace", failure, "another recording is writing to it");
  }
  if (failure.error_number != 0) fail(status, "can't create the trace", failure);
  status(file.get(), "can't create the trace");
  return file;
}

struct Block {
  BlockRow row;
  std::vector<PageRow> pages;
};

}  // namespace

std::filesystem::path partial_path(const std::filesystem::path& path) {
  return std::filesystem::path(path) += ".partial";
}

struct Writer::State {
  State(const std::filesystem::path& final_path, const Header& header, const WriterOptions& opts)
      : path(output_target(final_path)),
        options(opts),
        shape(block_shape(header)),
        status(ErrorKind::output, partial_path(path)),
        driver(io::register_write_driver()),
        file(create_file(status, driver, failure)) {
    io::write_header(status, file.get(), header);
    columns.emplace(status, file.get(), header);
    status(H5Fstart_swmr_write(file.get()), "can't set up HDF5");
    expect_written();
  }

  void expect_written() const {
    if (failure.error_number == 0) return;
    fail(status, "can't write the trace", failure,
         "episodes that were committed before stay readable there");
  }

  /// After an error the file may be behind what the columns hold: nothing more may be written.
  template <class Work>
  void run(Work work) {
    PQ_CHECK(!failed && columns, "nothing is written after an error or close()");
    const QuietErrors quiet;
    failed = true;
    work();
    expect_written();
    failed = false;
  }

  void write_block(EpisodeId episode, std::int32_t number, const RawBlock& raw) {
    const PackedBlock packed = pack(raw, shape);
    Block block{.row = {.thread = static_cast<std::uint8_t>(raw.thread),
                        .first_step = raw.steps.front(),
                        .steps = static_cast<std::int32_t>(packed.steps),
                        .pages_begin = 0,
                        .pages_count = static_cast<std::int32_t>(packed.pages.size()),
                        .values_begin = columns->append(packed)},
                .pages = {}};
    for (std::size_t i = 0; i < packed.pages.size(); ++i) {
      block.pages.push_back({packed.pages[i], packed.page_in_step[i]});
    }
    bytes_since_commit += packed.value_bytes();
    blocks[episode.value].emplace(number, std::move(block));
  }

  void write_bounds(EpisodeId episode, const KeyBounds& bounds) {
    bounds_begin[episode.value].push_back(columns->captures.append(bounds));
    bytes_since_commit += sizeof(float) * (bounds.lowest.size() + bounds.highest.size());
  }

  void write_kernels(const KernelBatch& batch) {
    PQ_CHECK(columns->kernels, "kernel times are announced in the header");
    columns->kernels->append(batch);
    bytes_since_commit +=
        sizeof(Operation) * batch.operations.size() + sizeof(KernelRun) * batch.runs.size();
    if (bytes_since_commit >= options.commit_bytes) commit();
  }

  /// Blocks go to the tables in the order of their numbers, so that AttentionRow::block fits.
  void take_blocks(EpisodeRecording& recording) {
    auto& rows = recording.rows<BlockRow>();
    auto& pages = recording.rows<PageRow>();
    for (auto& [number, block] : blocks[recording.episode.episode]) {
      PQ_CHECK(number == static_cast<std::int32_t>(rows.size()),
               "every block of an episode is written before the episode");
      block.row.pages_begin = static_cast<std::int64_t>(pages.size());
      rows.push_back(block.row);
      pages.insert(pages.end(), block.pages.begin(), block.pages.end());
    }
    blocks.erase(recording.episode.episode);
  }

  void take_bounds(EpisodeRecording& recording) {
    const auto& begins = bounds_begin[recording.episode.episode];
    PQ_CHECK(begins.size() == recording.key_bounds.size(),
             "every key bound of an episode is written before the episode");
    for (std::size_t i = 0; i < begins.size(); ++i) {
      recording.key_bounds[i].values_begin = begins[i];
    }
    bounds_begin.erase(recording.episode.episode);
  }

  void write_episode(EpisodeRecording& recording) {
    take_blocks(recording);
    take_bounds(recording);
    columns->append(recording);
    pending.push_back(recording.episode);
    ++episodes;
    if (std::cmp_greater_equal(pending.size(), options.commit_episodes) ||
        bytes_since_commit >= options.commit_bytes) {
      commit();
    }
  }

  /// Everything that an episode's row refers to is in the file before the row is.
  void commit() {
    columns->flush_data();
    columns->episodes.append(pending);
    columns->episodes.flush();
    pending.clear();
    bytes_since_commit = 0;
  }

  void discard() {
    columns.reset();
    static_cast<void>(file.close());
    std::error_code ignored;
    std::filesystem::remove(partial_path(path), ignored);
  }

  /// The file is whole under its preliminary name.
  void finish(std::span<const EpisodeId> unfinished) {
    commit();
    for (const EpisodeId episode : unfinished) {
      const UnfinishedRow row{episode.value};
      columns->unfinished.append({&row, 1});
    }
    columns->unfinished.flush();
    columns.reset();
    status(file.close(), "can't close the trace");
    expect_written();
  }

  void give_name() const {
    std::error_code error;
    std::filesystem::rename(status.path(), path, error);
    if (error) status.fail("can't give the trace its name", {}, error.message(), path.string());
  }

  std::filesystem::path path;
  WriterOptions options;
  BlockShape shape;
  Status status;
  bool failed = false;
  std::int64_t episodes = 0;  // whole ones so far
  io::WriteFailure failure;
  Handle driver;
  Handle file;  // declared before the columns: they are closed first
  std::optional<io::TraceColumns> columns;
  std::map<std::int32_t, std::map<std::int32_t, Block>> blocks;    // by episode, by number
  std::map<std::int32_t, std::vector<std::int64_t>> bounds_begin;  // by episode, in order
  std::vector<EpisodeRow> pending;                                 // whole, not yet committed
  std::uint64_t bytes_since_commit = 0;
};

Writer::Writer(const std::filesystem::path& path, const Header& header,
               const WriterOptions& options) {
  const QuietErrors quiet;
  state_ = std::make_unique<State>(path, header, options);
}

Writer::~Writer() {
  try {
    abandon();
  } catch (const std::exception&) {
    // A destructor can't report: who needs to know calls close().
  }
}

Writer::Writer(Writer&&) noexcept = default;
Writer& Writer::operator=(Writer&&) noexcept = default;

void Writer::write_block(EpisodeId episode, std::int32_t number, const RawBlock& block) {
  state_->run([&] { state_->write_block(episode, number, block); });
}

void Writer::write_bounds(EpisodeId episode, const KeyBounds& bounds) {
  state_->run([&] { state_->write_bounds(episode, bounds); });
}

void Writer::write_episode(EpisodeRecording recording) {
  state_->run([&] { state_->write_episode(recording); });
}

void Writer::write_kernels(const KernelBatch& batch) {
  state_->run([&] { state_->write_kernels(batch); });
}

void Writer::close(std::span<const EpisodeId> unfinished) {
  const QuietErrors quiet;
  const auto state = std::move(state_);
  if (!state || state->failed) return;
  state->run([&] {
    state->finish(unfinished);
    state->give_name();
  });
}

void Writer::abandon(std::span<const EpisodeId> unfinished) {
  const QuietErrors quiet;
  const auto state = std::move(state_);
  if (!state) return;
  if (state->episodes == 0) return state->discard();
  if (!state->failed) state->run([&] { state->finish(unfinished); });
}

}  // namespace pagequest::traces
