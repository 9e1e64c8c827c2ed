// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "engine/agent/tasks/corpus/build.h"
#include "engine/agent/tasks/corpus/index.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"

namespace pagequest::agent {
namespace {

namespace fs = std::filesystem;
using testing::content_of;
using testing::TemporaryFolder;

const std::string kSample = "engine/agent/tasks/sample_corpus/documents.jsonl";

void write(const fs::path& path, const std::string& content) { std::ofstream(path) << content; }

TEST_CASE("The same documents give the same bytes") {
  const TemporaryFolder folder;
  CHECK(build_corpus(kSample, folder / "a.sqlite") == 45);
  CHECK(build_corpus(kSample, folder / "b.sqlite") == 45);
  CHECK(content_of(folder / "a.sqlite") == content_of(folder / "b.sqlite"));
  CHECK(CorpusIndex(folder / "a.sqlite").size() == 45);
}

TEST_CASE("Rarer words and titles weigh more, stems match") {
  const TemporaryFolder folder;
  write(folder / "d.jsonl",
        "{\"url\": \"u:0\", \"title\": \"Common\", \"text\": \"the tower and the tower\"}\n"
        "{\"url\": \"u:1\", \"title\": \"Rare\", \"text\": \"the tower of the cormorants\"}\n"
        "{\"url\": \"u:2\", \"title\": \"Tower\", \"text\": \"something else altogether\"}\n"
        "{\"url\": \"u:3\", \"title\": \"Other\", \"text\": \"neither\"}\n");
  build_corpus(folder / "d.jsonl", folder / "c.sqlite");
  const CorpusIndex index(folder / "c.sqlite");
  const auto rare = index.search("cormorant tower", 10);
  REQUIRE(rare.size() == 3);
  CHECK(rare[0].url == "u:1");
  CHECK(index.search("cormorant tower", 1).size() == 1);
  CHECK(index.search("towers", 10).at(0).url == "u:2");
  CHECK(index.search("\"* OR (NEAR", 10).empty());
  CHECK(index.search("", 10).empty());
}

TEST_CASE("Documents are found by their exact URL") {
  const TemporaryFolder folder;
  build_corpus(kSample, folder / "c.sqlite");
  const CorpusIndex index(folder / "c.sqlite");
  CHECK(index.document("https://isles.example/wiki/Widow_Light")->title == "Widow Light");
  CHECK_FALSE(index.document("https://isles.example/wiki/Nowhere").has_value());
}

TEST_CASE("A build that fails leaves what was there, and nothing half-written") {
  const TemporaryFolder folder;
  write(folder / "c.sqlite", "before");
  write(folder / "d.jsonl",
        "{\"url\": \"a\", \"title\": \"A\", \"text\": \"x\"}\n"
        "{\"url\": \"a\", \"title\": \"B\", \"text\": \"y\"}\n");
  CHECK_THROWS_WITH(build_corpus(folder / "d.jsonl", folder / "c.sqlite"),
                    Catch::Contains("line 2, field `url`") && Catch::Contains("also in line 1"));
  CHECK(content_of(folder / "c.sqlite") == "before");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 2);
  CHECK_THROWS_AS(build_corpus(kSample, folder / "no" / "c.sqlite"), Error);
}

TEST_CASE("A build replaces neither its documents nor what is no regular file") {
  const TemporaryFolder folder;
  fs::copy_file(kSample, folder / "d.jsonl");
  fs::create_symlink("d.jsonl", folder / "link.jsonl");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(build_corpus(folder / "d.jsonl", folder / "d.jsonl"),
                    Catch::Contains("its own input"));
  CHECK_THROWS_WITH(build_corpus(folder / "d.jsonl", folder / "link.jsonl"),
                    Catch::Contains("its own input"));
  CHECK_THROWS_WITH(build_corpus(folder / "d.jsonl", folder / "pipe"), Catch::Contains("a pipe"));
  CHECK(content_of(folder / "d.jsonl") == content_of(kSample));
  CHECK(fs::is_fifo(folder / "pipe"));
}

TEST_CASE("A build leaves the partial file of another one alone") {
  const TemporaryFolder folder;
  write(folder / "c.sqlite.partial", "another build's");
  write(folder / "c.sqlite.partial1", "another build's");
  build_corpus(kSample, folder / "c.sqlite");
  CHECK(content_of(folder / "c.sqlite.partial") == "another build's");
  CHECK(content_of(folder / "c.sqlite.partial1") == "another build's");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 3);
}

TEST_CASE("Documents without a field are refused by its name") {
  const TemporaryFolder folder;
  write(folder / "d.jsonl", "{\"url\": \"a\", \"title\": \"A\"}\n");
  CHECK_THROWS_WITH(build_corpus(folder / "d.jsonl", folder / "c.sqlite"),
                    Catch::Contains("line 1, field `text`"));
}

TEST_CASE("Foreign and damaged files are refused") {
  const TemporaryFolder folder;
  CHECK_THROWS_AS(CorpusIndex(folder / "none.sqlite"), Error);
  write(folder / "foreign.sqlite", std::string(5000, 'x'));
  CHECK_THROWS_WITH(CorpusIndex(folder / "foreign.sqlite"), Catch::Contains("foreign.sqlite"));
  write(folder / "empty.sqlite", "");
  CHECK_THROWS_WITH(CorpusIndex(folder / "empty.sqlite"), Catch::Contains("another kind"));
  build_corpus(kSample, folder / "c.sqlite");
  const std::string whole = content_of(folder / "c.sqlite");
  write(folder / "cut.sqlite", whole.substr(0, whole.size() / 2));
  CHECK_THROWS_AS(CorpusIndex(folder / "cut.sqlite").search("tower light isles", 20), Error);
}

}  // namespace
}  // namespace pagequest::agent
