// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "notebooks_export/atomic_file.h"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"

namespace pagequest::notebooks_export {
namespace {

TEST_CASE("a file is replaced as a whole and nothing else is left") {
  const testing::TemporaryFolder folder;
  write_file(folder / "a.txt", "old and longer");
  write_file(folder / "a.txt", "new");
  CHECK(testing::content_of(folder / "a.txt") == "new");
  const std::filesystem::directory_iterator files(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a missing folder is an output error that names the path") {
  const testing::TemporaryFolder folder;
  try {
    write_file(folder / "none/a.txt", "text");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    CHECK(error.info().where == (folder / "none/a.txt").string());
  }
}

TEST_CASE("a folder in the way is an output error and leaves no temporary file") {
  const testing::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "a.txt/inside");
  CHECK_THROWS_AS(write_file(folder / "a.txt", "text"), Error);
  const std::filesystem::directory_iterator files(folder.path());
  CHECK(std::distance(begin(files), end(files)) == 1);
}

TEST_CASE("a link stays and its target is replaced; a pipe is not replaced") {
  const testing::TemporaryFolder folder;
  write_file(folder / "a.txt", "old");
  std::filesystem::create_symlink("a.txt", folder / "link.txt");
  write_file(folder / "link.txt", "new");
  CHECK(std::filesystem::is_symlink(folder / "link.txt"));
  CHECK(testing::content_of(folder / "a.txt") == "new");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_AS(write_file(folder / "pipe", "text"), Error);
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
}

TEST_CASE("a file in place of a folder is an output error") {
  const testing::TemporaryFolder folder;
  write_file(folder / "a", "text");
  CHECK_THROWS_AS(make_folder(folder / "a/b"), Error);
}

}  // namespace
}  // namespace pagequest::notebooks_export
