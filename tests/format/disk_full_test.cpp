// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/resource.h>

#include "base/error.h"
#include "tests/format/child_process.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/writer.h"

// A limit on the file's size makes writes fail as a full disk does: with an error of write(2).

using namespace pagequest;
using namespace pagequest::testing;

namespace {

const SyntheticOptions kMany{.episodes = 60, .concurrency = 4};

/// Records under the limit; `report` gets what was thrown.
void record_until_full(const std::filesystem::path& path, const std::filesystem::path& report,
                       rlim_t bytes) {
  const int status = run_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::string thrown = "nothing";
    try {
      record(path, kMany, {.writer = {.commit_episodes = 2}});
    } catch (const Error& error) {
      thrown = error.kind() == ErrorKind::output ? error.what() : "another kind of error";
    }
    std::ofstream(report) << thrown;
  });
  REQUIRE(WIFEXITED(status));
  REQUIRE(WEXITSTATUS(status) == 0);
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("a full disk is an output error with the system's reason, and committed episodes stay") {
  const TemporaryFolder folder;
  const auto expected = expected_streams(kMany);
  std::size_t most_episodes = 0;
  for (const rlim_t kib : {4U, 40U, 150U, 300U, 500U, 800U, 1200U}) {
    INFO("limit of " << kib << " KiB");
    const auto path = folder / ("t" + std::to_string(kib) + ".h5");
    record_until_full(path, folder / "report", kib << 10U);
    INFO(text_of(folder / "report"));
    CHECK(text_of(folder / "report").find("File too large") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(path));
    try {
      const traces::Reader reader(traces::partial_path(path));
      CHECK(all_episodes_match(reader, expected));
      most_episodes = std::max(most_episodes, reader.episodes().size());
    } catch (const Error& error) {
      CHECK(kib < 100);  // not even the first commit fitted
      CHECK(error.kind() == ErrorKind::input);
    }
  }
  CHECK(most_episodes >= 10);
}
