// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/recorder.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

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

TEST_CASE("an interrupted recording keeps its whole episodes and names the others") {
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 6, .concurrency = 3};
  traces::EventCollector all;
  testing::emit_synthetic_trace(options, all);
  {
    Recorder recorder(folder / "t.h5", testing::synthetic_header(options));
    Limit limit(recorder, all.events.size() * 3 / 4);
    testing::emit_synthetic_trace(options, limit);
  }  // destroyed without close(), as by an exception
  const traces::Reader reader(folder / "t.h5");
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
