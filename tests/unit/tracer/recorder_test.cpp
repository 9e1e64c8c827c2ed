// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/recorder.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "tests/support/synthetic_trace.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/trace_events.h"
#include "traces/reader.h"

using namespace pagequest;
using pagequest::testing::SyntheticOptions;
using pagequest::testing::Tee;
using pagequest::testing::TemporaryFolder;
using tracer::Recorder;
using tracer::RecorderOptions;

namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::ptrdiff_t files_in(const TemporaryFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

/// Stops a recording in the middle, as an interrupt does.
class Limit final : public EventSink {
 public:
  Limit(EventSink& next, std::size_t events) : next_(next), left_(events) {}
  void on(const Event& event) override {
    if (left_ == 0) return;
    --left_;
    next_.on(event);
  }

 private:
  EventSink& next_;
  std::size_t left_;
};

class ThrowAfter final : public EventSink {
 public:
  ThrowAfter(EventSink& next, std::size_t events) : next_(next), left_(events) {}
  void on(const Event& event) override {
    if (left_-- == 0) throw std::runtime_error("midway");
    next_.on(event);
  }

 private:
  EventSink& next_;
  std::size_t left_;
};

void record(const std::filesystem::path& path, const SyntheticOptions& options,
            const RecorderOptions& recorder_options = {}) {
  Recorder recorder(path, testing::synthetic_header(options), recorder_options);
  testing::emit_synthetic_trace(options, recorder);
  recorder.close();
}

}  // namespace

TEST_CASE("a recorded episode is read back event for event, bit for bit") {
  const auto captures = GENERATE(testing::SyntheticCaptures{}, testing::all_captures(),
                                 testing::SyntheticCaptures{.windows = {16, 9}},
                                 testing::SyntheticCaptures{.sinks = true},
                                 testing::SyntheticCaptures{.query_heads = true},
                                 testing::SyntheticCaptures{.thresholds = {0.1F}},
                                 testing::SyntheticCaptures{.query_cosine = true},
                                 testing::SyntheticCaptures{.key_bounds = true});
  const std::int32_t commit_episodes = GENERATE(1, 100);
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 7, .concurrency = 3, .turns = 9, .captures = captures};
  traces::EventCollector emitted;
  {
    Recorder recorder(folder / "t.h5", testing::synthetic_header(options),
                      {.writer = {.commit_episodes = commit_episodes}});
    Tee tee(emitted, recorder);
    testing::emit_synthetic_trace(options, tee);
    recorder.close();
  }
  const traces::Reader reader(folder / "t.h5");
  const auto expected = testing::by_episode(emitted.events);
  REQUIRE(reader.episodes().size() == expected.size());
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    const auto& stream = expected.at(reader.episodes()[i].episode);
    CHECK(testing::same_stream(testing::read_episode(reader, i), stream));
    CHECK(testing::same_stream(testing::read_episode(reader, i, false),
                               testing::without_attention(stream)));
  }
}

TEST_CASE("the same events give the same bytes, whatever the queue's size") {
  const TemporaryFolder folder;
  const SyntheticOptions options{
      .episodes = 20, .concurrency = 5, .captures = testing::all_captures()};
  record(folder / "a.h5", options);
  // HDF5 stores times in seconds where it is not told otherwise.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  record(folder / "b.h5", options);
  record(folder / "c.h5", options, {.writer = {}, .queue_bytes = 1});
  const std::string a = bytes_of(folder / "a.h5");
  CHECK(a.size() > 10000);
  CHECK((a == bytes_of(folder / "b.h5")));
  CHECK((a == bytes_of(folder / "c.h5")));
}

TEST_CASE("another seed gives other bytes") {
  const TemporaryFolder folder;
  record(folder / "a.h5", {.seed = 1});
  record(folder / "b.h5", {.seed = 2});
  CHECK((bytes_of(folder / "a.h5") != bytes_of(folder / "b.h5")));
}

TEST_CASE("whole episodes are kept and the others named, in the partial file without close()") {
  const bool closes = GENERATE(true, false);
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 6, .concurrency = 3};
  traces::EventCollector all;
  testing::emit_synthetic_trace(options, all);
  {
    Recorder recorder(folder / "t.h5", testing::synthetic_header(options));
    Limit limit(recorder, all.events.size() * 3 / 4);
    testing::emit_synthetic_trace(options, limit);
    if (closes) recorder.close();
  }
  CHECK(std::filesystem::exists(folder / "t.h5") == closes);
  const traces::Reader reader(closes ? folder / "t.h5" : traces::partial_path(folder / "t.h5"));
  const auto expected = testing::by_episode(all.events);
  CHECK(reader.was_closed());
  REQUIRE_FALSE(reader.episodes().empty());
  REQUIRE_FALSE(reader.unfinished().empty());
  CHECK(reader.episodes().size() + reader.unfinished().size() <= expected.size());
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    const auto& stream = expected.at(reader.episodes()[i].episode);
    CHECK(testing::same_stream(testing::read_episode(reader, i), stream));
  }
  for (const EpisodeId episode : reader.unfinished()) {
    for (const auto& whole : reader.episodes()) CHECK(whole.episode != episode);
  }
}

TEST_CASE(
    "an error in the middle of a recording leaves the trace that stood there, byte for byte") {
  const TemporaryFolder folder;
  const auto path = folder / "t.h5";
  const SyntheticOptions options{.episodes = 6, .concurrency = 3};
  record(path, options);
  const std::string before = bytes_of(path);
  const std::size_t part = GENERATE(0, 1, 3);  // quarters of the events before the error
  traces::EventCollector all;
  testing::emit_synthetic_trace({.episodes = 6, .concurrency = 3, .seed = 9}, all);
  const auto fail_midway = [&] {
    Recorder recorder(path, testing::synthetic_header(options));
    ThrowAfter failing(recorder, all.events.size() * part / 4);
    testing::emit_synthetic_trace({.episodes = 6, .concurrency = 3, .seed = 9}, failing);
    recorder.close();
  };
  CHECK_THROWS_WITH(fail_midway(), "midway");
  CHECK((bytes_of(path) == before));
  CHECK(std::filesystem::exists(traces::partial_path(path)) == (part == 3));
}

TEST_CASE("a recording replaces what a symbolic link leads to, and the link stays") {
  const TemporaryFolder folder;
  record(folder / "old.h5", {.seed = 1});
  std::filesystem::create_symlink("old.h5", folder / "link.h5");
  record(folder / "link.h5", {.seed = 2});
  record(folder / "expected.h5", {.seed = 2});
  CHECK(std::filesystem::is_symlink(folder / "link.h5"));
  CHECK((bytes_of(folder / "old.h5") == bytes_of(folder / "expected.h5")));
  CHECK(files_in(folder) == 3);
}

TEST_CASE("a recording does not take the place of what is no regular file") {
  const TemporaryFolder folder;
  const std::string name = GENERATE("t.h5", "t.h5.partial");
  REQUIRE(::mkfifo((folder / name).c_str(), 0600) == 0);
  try {
    const Recorder recorder(folder / "t.h5", testing::synthetic_header({}));
    FAIL("the recorder opened a pipe");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    CHECK(error.info().where == (folder / name).string());
  }
  CHECK(std::filesystem::is_fifo(folder / name));
  CHECK(files_in(folder) == 1);
}

TEST_CASE("a recording does not write through a link under its preliminary name") {
  const TemporaryFolder folder;
  std::ofstream(folder / "mine") << "mine";
  std::filesystem::create_symlink("mine", folder / "t.h5.partial");
  CHECK_THROWS_AS(Recorder(folder / "t.h5", testing::synthetic_header({})), Error);
  CHECK(bytes_of(folder / "mine") == "mine");
}

TEST_CASE("the file has its name only when the recording is closed") {
  const TemporaryFolder folder;
  const SyntheticOptions options;
  Recorder recorder(folder / "t.h5", testing::synthetic_header(options));
  testing::emit_synthetic_trace(options, recorder);
  CHECK_FALSE(std::filesystem::exists(folder / "t.h5"));
  recorder.close();
  CHECK(std::filesystem::exists(folder / "t.h5"));
  CHECK_FALSE(std::filesystem::exists(traces::partial_path(folder / "t.h5")));
}

TEST_CASE("a path that can't be written is an output error that says why") {
  const TemporaryFolder folder;
  const auto path = folder / "no-such-folder" / "t.h5";
  try {
    const Recorder recorder(path, testing::synthetic_header({}));
    FAIL("the recorder opened " << path);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    CHECK(error.info().found == "No such file or directory");
  }
}

TEST_CASE("a second recording into the same file is refused, and the first one goes on") {
  const TemporaryFolder folder;
  const SyntheticOptions options;
  Recorder first(folder / "t.h5", testing::synthetic_header(options));
  try {
    const Recorder second(folder / "t.h5", testing::synthetic_header(options));
    FAIL("two recordings write to one file");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    CHECK(error.info().hint == "another recording is writing to it");
  }
  testing::emit_synthetic_trace(options, first);
  first.close();
  CHECK(traces::Reader(folder / "t.h5").episodes().size() == 3);
}

TEST_CASE("a tiny queue makes the producer wait, and the wait is counted") {
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 20, .turns = 10};
  Recorder recorder(folder / "t.h5", testing::synthetic_header(options),
                    {.writer = {}, .queue_bytes = 1});
  testing::emit_synthetic_trace(options, recorder);
  CHECK(recorder.blocked_seconds() > 0.0);
}
