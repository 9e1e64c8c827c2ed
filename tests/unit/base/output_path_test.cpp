// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/output_path.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/error.h"
#include "tests/support/temporary_folder.h"

using namespace pagequest;
using pagequest::testing::TemporaryFolder;

namespace fs = std::filesystem;

namespace {

void expect_refused(const fs::path& path, const std::string& found) {
  try {
    static_cast<void>(output_target(path));
    FAIL("accepted " << path);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::output);
    CHECK(error.info().where == path.string());
    CHECK(error.info().found == found);
  }
}

}  // namespace

TEST_CASE("A result may replace a regular file, make a new one, or follow a link to a file") {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  fs::create_symlink("file", folder / "link");
  fs::create_symlink("link", folder / "link to a link");
  CHECK(output_target(folder / "file") == folder / "file");
  CHECK(output_target(folder / "new") == folder / "new");
  CHECK(output_target(folder / "no folder" / "new") == folder / "no folder" / "new");
  CHECK(output_target(folder / "file" / "below") == folder / "file" / "below");
  CHECK(output_target(folder / "link") == fs::canonical(folder / "file"));
  CHECK(output_target(folder / "link to a link") == fs::canonical(folder / "file"));
}

TEST_CASE("A result takes the place of no folder, pipe or link to one, and of no dangling link") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "folder");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder / "to the pipe");
  fs::create_symlink("nothing", folder / "dangling");
  fs::create_symlink("loop", folder / "loop");
  expect_refused(folder / "folder", "a folder");
  expect_refused(folder / "pipe", "a pipe");
  expect_refused(folder / "to the pipe", "a pipe");
  expect_refused(folder / "dangling", "a symbolic link to nothing");
  expect_refused(folder / "loop", "no regular file");
}

TEST_CASE("A result is not written over its input, whatever the names") {
  const TemporaryFolder folder;
  std::ofstream(folder / "a") << "x";
  std::ofstream(folder / "b") << "x";
  fs::create_symlink("a", folder / "link");
  fs::create_hard_link(folder / "a", folder / "hard");
  fs::create_directory(folder / "folder");
  const std::string names[] = {"a", "link", "hard", "folder/../a"};
  for (const auto& name : names) {
    CHECK_THROWS_WITH(expect_not_input(folder / name, folder / "a", "--prompts"),
                      Catch::Contains("the file of --prompts"));
  }
  CHECK_NOTHROW(expect_not_input(folder / "b", folder / "a", "--prompts"));
  CHECK_NOTHROW(expect_not_input(folder / "none", folder / "a", "--prompts"));
  CHECK_NOTHROW(expect_not_input(folder / "none", folder / "none", "--prompts"));
  CHECK_NOTHROW(expect_not_input(folder / "a", "", "--prompts"));
}
