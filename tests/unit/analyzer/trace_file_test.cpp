// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <set>
#include <string>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "analyzer/run_analyses.h"
#include "tests/support/synthetic_trace.h"
#include "tests/unit/analyzer/mini_trace.h"
#include "tracer/recorder.h"

namespace pagequest::analyzer {
namespace {

/// A recording of the options' episodes that goes away with the object.
class RecordedFile {
 public:
  explicit RecordedFile(const testing::SyntheticOptions& options)
      : path_(std::filesystem::temp_directory_path() /
              ("pagequest-analyzer-" + std::to_string(::getpid()) + ".h5")) {
    tracer::Recorder recorder(path_, testing::synthetic_header(options));
    testing::emit_synthetic_trace(options, recorder);
    recorder.close();
  }
  ~RecordedFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  RecordedFile(const RecordedFile&) = delete;
  RecordedFile& operator=(const RecordedFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("a recorded file gives the tables that its events give, though episodes interleaved") {
  testing::SyntheticOptions options{.episodes = 5, .concurrency = 3, .turns = 7, .seed = 11};
  const RecordedFile file(options);
  const auto from_file = run_analyses(traces::Reader(file.path()), all_analyses());

  options.concurrency = 1;
  AnalysisSet set(all_analyses(), testing::synthetic_header(options));
  testing::emit_synthetic_trace(options, set);
  const auto from_events = set.results();

  const std::string name = GENERATE("reuse_distance_cdf", "reuse_distance_cdf_by_head",
                                    "lru_miss_ratio", "reuse_distance_summary");
  CAPTURE(name);
  const auto& expected = table_named(from_events, name);
  CHECK_FALSE(expected.rows().empty());
  CHECK((table_named(from_file, name).rows() == expected.rows()));
}

TEST_CASE("a run reports its progress and counts every episode of the file") {
  const testing::SyntheticOptions options{.episodes = 4};
  const RecordedFile file(options);
  const traces::Reader reader(file.path());
  std::set<std::size_t> seen;
  const std::vector<AnalysisRequest> requests = {{"episodes", {}}};
  const auto results = run_analyses(reader, requests, [&](std::size_t done, std::size_t total) {
    CHECK(total == 4);
    seen.insert(done);
  });
  CHECK(seen == std::set<std::size_t>{1, 2, 3, 4});
  CHECK(table_named(results, "episodes_summary").number(0, "episodes") == 4);
}

}  // namespace
}  // namespace pagequest::analyzer
