// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_results.h"

#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "engine/bench/gpu_benchmarks.h"
#include "tests/support/file_content.h"

namespace fs = std::filesystem;
using pagequest::testing::content_of;
namespace bench = pagequest::bench;

TEST_CASE("The page on GPU results explains every benchmark, with its target") {
  const std::string page = content_of("docs/gpu/README.md");
  for (const bench::GpuBenchmark& row : bench::gpu_benchmarks()) {
    INFO(row.name);
    const std::size_t at = page.find("`" + std::string(row.name) + "`", page.find("| benchmark |"));
    REQUIRE(at != std::string::npos);
    const std::string line = page.substr(at, page.find('\n', at) - at);
    if (row.goal == bench::Goal::none) continue;
    const auto percent = static_cast<int>(100 * row.target + 0.5);
    CHECK(line.find(" " + std::to_string(percent) + " %") != std::string::npos);
  }
}

TEST_CASE("Every file of GPU results is of a real run and as documented") {
  for (const auto& entry : fs::directory_iterator("docs/gpu")) {
    INFO(entry.path());
    const bool page = entry.path().filename() == "README.md";
    REQUIRE((page || entry.path().extension() == ".json"));
    if (page) continue;
    const std::string content = content_of(entry.path());
    for (const auto& complaint : bench::complaints_about_gpu_results(content)) FAIL(complaint);
    CHECK(content.find("\"rehearsal\": false") != std::string::npos);
  }
}
