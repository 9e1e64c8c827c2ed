// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Rehearses scripts/gpu-check. Stand-ins for the programs that it runs show what it makes of
// crashes and hangs; the results file is read by its schema.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_results.h"
#include "tests/support/file_content.h"
#include "tests/support/temporary_folder.h"

namespace pagequest {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::TemporaryFolder;

struct Outcome {
  int exit_code = -1;
  std::string out;
};

Outcome run_script(const std::string& arguments) {
  const std::string command = "scripts/gpu-check " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    outcome.out.append(part.data(), n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

/// A build folder with shell scripts in place of the tests and the benchmarks.
class StandIns {
 public:
  StandIns() {
    fs::create_directories(folder_ / "tests/bench");
    fs::create_directories(folder_ / "tests/gpu/emulated");
    fs::create_symlink(PQ_GPU_RESULTS, folder_ / "tests/bench/gpu_results");
    set_tests("");
    set_benchmarks("exit 0");
  }

  /// A test program of three cases, of which the first passes; `then` goes on in its place.
  void set_tests(const std::string& then) {
    write("tests/gpu/emulated/test_gpu_emulated",
          "case \"$*\" in *--list-test-names-only*) printf 'A\nB\nC\n'; exit 3;; esac\n"
          "while [ \"$1\" != --out ]; do shift; done\n"
          "exec >\"$2\"\n"
          "ok='<OverallResult success=\"true\"/></TestCase>'\n"
          "echo '<Catch><TestCase name=\"A\">'$ok'<TestCase name=\"B\">'\n" +
              then + "\necho $ok'<TestCase name=\"C\">'$ok'</Catch>'");
  }
  void set_benchmarks(const std::string& script) {
    write("tests/bench/bench_gpu_emulated", script);
  }
  void remove(const std::string& program) { fs::remove(folder_ / program); }
  void link(const std::string& program, const fs::path& target) {
    fs::remove(folder_ / program);
    fs::create_symlink(target, folder_ / program);
  }

  [[nodiscard]] Outcome rehearse(const std::string& options = {}) const {
    return run_script("--rehearse --built " + folder_.path().string() + " --out " + file() + " " +
                      options);
  }
  /// After a rehearsal; holds it against the schema.
  [[nodiscard]] json results() const {
    const std::string content = pagequest::testing::content_of(file());
    for (const auto& complaint : bench::complaints_about_gpu_results(content)) FAIL(complaint);
    return json::parse(content);
  }

 private:
  [[nodiscard]] std::string file() const { return (folder_ / "results.json").string(); }
  void write(const std::string& program, const std::string& script) const {
    std::ofstream(folder_ / program) << "#!/bin/sh\n" << script << '\n';
    fs::permissions(folder_ / program, fs::perms::owner_all);
  }

  TemporaryFolder folder_;
};

std::string state_of(const json& results, const std::string& step) {
  for (const auto& each : results.at("steps")) {
    if (each.at("name") == step) return each.at("state");
  }
  return "missing";
}

TEST_CASE("A rehearsal in which all goes well ends with status 0 and a table") {
  const StandIns programs;
  const Outcome outcome = programs.rehearse();
  INFO(outcome.out);
  CHECK(outcome.exit_code == 0);
  const json results = programs.results();
  CHECK(results.at("rehearsal") == true);
  CHECK(results.at("tests").at("passed") == 3);
  CHECK(results.at("tests").at("skipped") == 0);
  CHECK(state_of(results, "engine_8b") == "done");
  for (const char* tool : {"memcheck", "racecheck"}) {
    CHECK(results.at("sanitizers").at(tool).at("state") == "skipped");
  }
  CHECK(outcome.out.find("REHEARSAL") != std::string::npos);
  CHECK(outcome.out.find("3 passed") != std::string::npos);
}

TEST_CASE("A test program that crashes loses neither its passed tests nor the benchmarks") {
  StandIns programs;
  programs.set_tests("kill -SEGV $$");
  const Outcome outcome = programs.rehearse();
  INFO(outcome.out);
  CHECK(outcome.exit_code == 1);
  const json results = programs.results();
  CHECK(results.at("tests").at("passed") == 1);
  CHECK(results.at("tests").at("failed") == 1);
  CHECK(results.at("tests").at("skipped") == 1);
  CHECK(results.at("tests").at("suites").at("gpu_emulated").at("failures").at(0) == "B");
  CHECK(state_of(results, "tests") == "failed");
  CHECK(state_of(results, "attention") == "done");
}

TEST_CASE("A group of benchmarks that fails loses no other's figures") {
  StandIns programs;
  programs.set_benchmarks("case \"$*\" in *attention*) echo '  failed: no memory'; exit 1;; esac");
  const Outcome outcome = programs.rehearse();
  INFO(outcome.out);
  CHECK(outcome.exit_code == 1);
  const json results = programs.results();
  CHECK(state_of(results, "attention") == "failed");
  CHECK(state_of(results, "linear") == "done");
  CHECK(state_of(results, "engine_8b") == "done");
  CHECK(outcome.out.find("failed: no memory") != std::string::npos);
}

TEST_CASE("A program that hangs is stopped, and a used up budget ends the rest in good order") {
  StandIns programs;
  programs.set_tests("sleep 60");
  const Outcome outcome = programs.rehearse("--budget 2");
  INFO(outcome.out);
  CHECK(outcome.exit_code == 1);
  const json results = programs.results();
  CHECK(results.at("tests").at("passed") == 1);
  CHECK(results.at("tests").at("failed") == 1);
  CHECK(state_of(results, "tests") == "timed out");
  CHECK(state_of(results, "engine_8b") == "timed out");
}

TEST_CASE("Programs that were not built fail their steps, the others run") {
  StandIns programs;
  programs.remove("tests/gpu/emulated/test_gpu_emulated");
  const Outcome outcome = programs.rehearse();
  INFO(outcome.out);
  CHECK(outcome.exit_code == 1);
  const json results = programs.results();
  CHECK(state_of(results, "tests") == "failed");
  CHECK(state_of(results, "ceilings") == "done");
}

TEST_CASE("What it cannot begin with ends it with status 2 and a hint") {
  const TemporaryFolder folder;
  const std::string empty_build = "--rehearse --built " + folder.path().string();
  const auto arguments =
      GENERATE_REF(values<std::string>({"--fast", "--out", "--budget soon", empty_build}));
  const Outcome outcome = run_script(arguments);
  INFO(outcome.out);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.out.find("hint: ") != std::string::npos);
}

#if defined(PQ_BENCH_GPU_EMULATED)
/// The GPU tests have a ctest of their own; a small program of the same kind takes their place.
TEST_CASE("The rehearsal with the real benchmarks gives every figure of the table") {
  StandIns programs;
  programs.link("tests/gpu/emulated/test_gpu_emulated", PQ_CATCH2_PROGRAM);
  programs.link("tests/bench/bench_gpu_emulated", PQ_BENCH_GPU_EMULATED);
  const Outcome outcome = programs.rehearse("--quick --commit abc123");
  INFO(outcome.out);
  CHECK(outcome.exit_code == 0);
  const json results = programs.results();
  CHECK(results.at("quick") == true);
  CHECK(results.at("commit") == "abc123");
  for (const auto& row : bench::gpu_benchmarks()) {
    INFO(row.name);
    CHECK(results.at("benchmarks").contains(std::string(row.name)));
  }
  CHECK(results.at("copy_gbps") > 0.0);
  CHECK(results.at("matmul_tflops") > 0.0);
  CHECK(results.at("device") != "");
  CHECK(results.at("tests").at("passed") > 0);
  CHECK(results.at("tests").at("skipped") == 0);
}
#endif

}  // namespace
}  // namespace pagequest
