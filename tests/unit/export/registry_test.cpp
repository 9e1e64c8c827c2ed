// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/registry.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/export/sample_report.h"

namespace pagequest::notebooks_export {
namespace {

TEST_CASE("every exporter writes the files that it names, twice the same") {
  const testing::TemporaryFolder folder;
  for (const auto& entry : exporters()) {
    CAPTURE(entry.name);
    const auto target = folder / ("report" + std::string(entry.suffix));
    const auto files = entry.write(testing::sample_report(), target);
    REQUIRE_FALSE(files.empty());
    for (const auto& file : files) {
      const std::string first = testing::content_of(file);
      CHECK_FALSE(first.empty());
      entry.write(testing::sample_report(), target);
      CHECK(testing::content_of(file) == first);
    }
  }
}

TEST_CASE("every exporter reports a path that can't be written") {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "file") << "no folder";
  for (const auto& entry : exporters()) {
    CAPTURE(entry.name);
    const auto target = folder / ("file/report" + std::string(entry.suffix));
    try {
      entry.write(testing::sample_report(), target);
      FAIL("no error");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::output);
    }
  }
}

TEST_CASE("a target's suffix picks the exporter") {
  CHECK(exporter_for("out/report.html").name == "html");
  CHECK(exporter_for("report.ipynb").name == "ipynb");
  CHECK(exporter_for("out/tables").name == "csv");
  CHECK_THROWS_AS(exporter_for("report.pdf"), Error);
}

TEST_CASE("an unknown exporter is an error that lists the known ones") {
  try {
    static_cast<void>(find_exporter("htm"));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.info().expected.find("ipynb") != std::string::npos);
    CHECK(error.info().hint.find("`html`") != std::string::npos);
  }
}

TEST_CASE("the CSV folder has a file a table, with units and provenance beside them") {
  const testing::TemporaryFolder folder;
  const auto files = find_exporter("csv").write(testing::sample_report(), folder / "out");
  CHECK(files.size() == 5 + 2);
  const std::string columns = testing::content_of(folder / "out/columns.csv");
  CHECK(columns.find("simulated_throughput,throughput,tokens/s,Simulated; not measured") !=
        std::string::npos);
  const std::string provenance = testing::content_of(folder / "out/provenance.csv");
  CHECK(provenance.find("task,\"pocket-hops (default), seed 7\"") != std::string::npos);
}

}  // namespace
}  // namespace pagequest::notebooks_export
