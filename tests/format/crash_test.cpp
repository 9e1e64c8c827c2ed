// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include <catch2/catch.hpp>

#include "tests/format/child_process.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/check.h"
#include "traces/writer.h"

using namespace pagequest;
using namespace pagequest::testing;

namespace {

/// Passes events on and kills its own process after some of them.
class KillAfter final : public EventSink {
 public:
  KillAfter(EventSink& next, std::size_t events) : next_(next), left_(events) {}
  void on(const Event& event) override {
    next_.on(event);
    if (left_-- == 0) std::raise(SIGKILL);
  }

 private:
  EventSink& next_;
  std::size_t left_;
};

const SyntheticOptions kMany{.episodes = 40, .concurrency = 4};

/// Records in a child that dies by SIGKILL after `events` events.
void record_and_die(const std::filesystem::path& path, std::size_t events,
                    const tracer::RecorderOptions& options) {
  const int status = run_in_child([&] {
    tracer::Recorder recorder(path, synthetic_header(kMany), options);
    KillAfter killer(recorder, events);
    emit_synthetic_trace(kMany, killer);
  });
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
}

}  // namespace

TEST_CASE("what a killed recording had committed is readable, whenever it died") {
  const TemporaryFolder folder;
  const auto expected = expected_streams(kMany);
  std::size_t all = 0;
  for (const auto& [episode, stream] : expected) all += stream.size();
  // queue_bytes = 1 keeps the background thread close behind, so that the kill hits its writes.
  const tracer::RecorderOptions options{.writer = {.commit_episodes = 2}, .queue_bytes = 1};
  std::size_t most_episodes = 0;
  for (std::size_t part = 1; part <= 40; ++part) {
    INFO("killed after " << part << "/41 of the events");
    record_and_die(folder / "t.h5", all * part / 41, options);
    CHECK_FALSE(std::filesystem::exists(folder / "t.h5"));
    const traces::Reader reader(traces::partial_path(folder / "t.h5"));
    CHECK_FALSE(reader.was_closed());
    CHECK(reader.header().episodes_planned == 40);
    CHECK(all_episodes_match(reader, expected));
    most_episodes = std::max(most_episodes, reader.episodes().size());
  }
  CHECK(most_episodes >= 30);
}

TEST_CASE("the check of a killed recording says that it was not closed, and nothing else") {
  const TemporaryFolder folder;
  record_and_die(folder / "t.h5", 6000, {.writer = {.commit_episodes = 1}, .queue_bytes = 1});
  const traces::Reader reader(traces::partial_path(folder / "t.h5"));
  CHECK_FALSE(reader.episodes().empty());
  const auto findings = traces::check_trace(reader);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == "closed");
  CHECK(findings[0].severity == traces::Severity::note);
}

TEST_CASE("a new recording replaces the remains of a killed one") {
  const TemporaryFolder folder;
  record_and_die(folder / "t.h5", 3000, {});
  record(folder / "t.h5", kSmall);
  const traces::Reader reader(folder / "t.h5");
  CHECK(all_episodes_match(reader, expected_streams(kSmall)));
  CHECK_FALSE(std::filesystem::exists(traces::partial_path(folder / "t.h5")));
}
