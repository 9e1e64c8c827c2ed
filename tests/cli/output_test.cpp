// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What the program may replace with -o, and what it leaves alone.
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

namespace fs = std::filesystem;

const std::string kRecord = "record --task pocket-hops --setting tiny --episodes 1 ";

void write(const fs::path& path, const std::string& content) { std::ofstream(path) << content; }

void expect_kept(const std::string& arguments, const fs::path& input, const std::string& named) {
  CAPTURE(arguments);
  const std::string before = content_of(input);
  const Outcome outcome = run_program(arguments);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err.find("the result would replace its own input") != std::string::npos);
  CHECK(outcome.err.find(named) != std::string::npos);
  CHECK((content_of(input) == before));
}

TEST_CASE("record replaces none of its inputs") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  fs::copy("tests/reference/tiny", folder / "model");
  write(folder / "p", "{\"prompt\": \"w3 w4\"}\n");
  write(folder / "t.h5.partial", "{\"prompt\": \"w3 w4\"}\n");
  write(folder / "c.json", "{\"seed\": 3}");
  const std::string text = "record --task prompts --turn-max-tokens 2 --model " + at + "/model ";
  expect_kept(text + "--prompts " + at + "/p -o " + at + "/p", folder / "p", "--prompts");
  expect_kept(text + "--prompts " + at + "/t.h5.partial -o " + at + "/t.h5",
              folder / "t.h5.partial", "--prompts");
  expect_kept(text + "--prompts " + at + "/p -o " + at + "/model/model.safetensors",
              folder.path() / "model" / "model.safetensors", "--model");
  expect_kept(kRecord + "--config " + at + "/c.json -o " + at + "/model/../c.json",
              folder / "c.json", "--config");
  CHECK(run_program(text + "--prompts " + at + "/p -o " + at + "/new.h5").exit_code == 0);
}

TEST_CASE("report does not replace a trace, nor corpus build its documents") {
  const TemporaryFolder folder;
  const std::string at = folder.path().string();
  REQUIRE(run_program(kRecord + "-o " + at + "/t.html").exit_code == 0);
  expect_kept("report " + at + "/t.html -o " + at + "/t.html", folder / "t.html", "the traces");
  fs::copy_file("engine/agent/tasks/sample_corpus/documents.jsonl", folder / "d");
  expect_kept("corpus build --documents " + at + "/d -o " + at + "/d", folder / "d",
              "the documents");
}

TEST_CASE("record takes the place of no pipe and no folder, before it loads the model") {
  const TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  fs::create_symlink("pipe", folder / "link");
  fs::create_directory(folder / "folder");
  const std::string name = GENERATE("pipe", "link", "folder");
  const Outcome outcome = run_program(kRecord + "--model nowhere -o " + (folder / name).string());
  CHECK(outcome.exit_code == 4);
  CHECK(outcome.err.find("a regular file to replace, or none") != std::string::npos);
  CHECK(fs::is_fifo(folder / "pipe"));
  CHECK(fs::is_symlink(folder / "link"));
}

TEST_CASE("record leaves the trace that stood there when it fails midway") {
  const TemporaryFolder folder;
  const std::string trace = (folder / "t.h5").string();
  // Some episodes fit into 42 pages, a later one does not.
  const std::string many =
      "record --task pocket-hops --setting short --episodes 60 --concurrency 1 ";
  REQUIRE(run_program(kRecord + "-o " + trace).exit_code == 0);
  const std::string before = content_of(folder / "t.h5");
  const Outcome outcome = run_program(many + "--pool-pages 42 -o " + trace);
  INFO(outcome.err);
  CHECK(outcome.exit_code == 2);
  CHECK((content_of(folder / "t.h5") == before));
  CHECK(run_program("check " + trace).exit_code == 0);
  CHECK(run_program("check " + trace + ".partial").exit_code == 0);
}

}  // namespace
}  // namespace pagequest::testing
