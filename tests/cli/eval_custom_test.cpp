// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// `eval --task`: any checkpoint, any task, the policies that the user lists.
#include <filesystem>
#include <fstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/cli/program.h"

namespace pagequest::testing {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;

/// Prompts of the tiny model's words; what it answers is nobody's affair.
class Prompts {
 public:
  explicit Prompts(const std::string& more = "") {
    std::ofstream file(path());
    file << R"({"prompt": "w5 w9 w12 w40 w41 w42 w3 w8 w11 w2 w7 w6 w30 w31 w32 w33"})" << '\n'
         << R"({"prompt": "w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18"})" << '\n'
         << more;
  }

  [[nodiscard]] fs::path path() const { return folder_ / "p.jsonl"; }
  [[nodiscard]] fs::path out() const { return folder_ / "e"; }
  /// With these options more.
  [[nodiscard]] Outcome evaluate(const std::string& options) const {
    return run_program("eval --model tests/reference/tiny --task prompts --turn-max-tokens 24 " +
                       std::string("--page-size 4 --json --prompts ") + path().string() + " -o " +
                       out().string() + " " + options);
  }

 private:
  TemporaryFolder folder_;
};

constexpr const char* kTwo = "--policies tova,h2o:sharing=head,score=mean --budgets 16,4096";

TEST_CASE("a task's policies are played with each budget behind full, parameters in the label") {
  const Prompts prompts;
  const Outcome outcome = prompts.evaluate(kTwo);
  REQUIRE(outcome.exit_code == 0);
  const auto rows = tables_in(outcome.out).at("frontier");
  REQUIRE(rows.size() == 5);
  CHECK(rows[0].at("policy") == "full");
  CHECK(rows[0].at("budget") == 0);
  CHECK(rows[1].at("policy") == "tova");
  CHECK(rows[1].at("budget") == 16);
  CHECK(rows[2].at("budget") == 4096);
  CHECK(rows[4].at("policy") == "h2o:score=mean,sharing=head");
  CHECK(number(rows[1], "mean_tokens") < number(rows[0], "mean_tokens"));
  CHECK(rows[2].at("mean_tokens") == rows[0].at("mean_tokens"));
}

TEST_CASE("a budget that is never reached leaves every token of the text as full wrote it") {
  const Prompts prompts;
  const auto rows = tables_in(prompts.evaluate(kTwo).out).at("agreement");
  REQUIRE(rows.size() == 4);
  for (const Row& row : rows) {
    CAPTURE(row.at("policy"), row.at("budget"));
    CHECK(number(row, "episodes") == 2);
    if (row.at("budget") != 4096) continue;
    CHECK(number(row, "identical") == 2);
    CHECK(number(row, "equal_tokens") == 1.0);
    CHECK(row.at("first_divergence").is_null());
  }
}

TEST_CASE("without an answer in the file there is no accuracy, and a dash in the text") {
  const Prompts prompts;
  const Outcome outcome = prompts.evaluate("");
  REQUIRE(outcome.exit_code == 0);
  const Row row = tables_in(outcome.out).at("frontier").at(0);
  CHECK(row.at("accuracy").is_null());
  CHECK(row.at("accuracy_low").is_null());
  CHECK_THAT(content_of(prompts.out() / "frontier.md"), Contains("| full | - | - | - |"));
}

TEST_CASE("accuracy is of the prompts whose answer is known") {
  // Whatever it writes is none of these words; a text that is empty would be neither.
  const Prompts prompts("{\"prompt\": \"w5\", \"answer\": \"no such word\"}\n");
  const Row row = tables_in(prompts.evaluate("").out).at("frontier").at(0);
  CHECK(number(row, "episodes") == 3);
  CHECK(number(row, "accuracy") == 0.0);
  CHECK(number(row, "accuracy_high") == Approx(0.7935).margin(1e-4));  // Wilson's, 0 of 1
}

TEST_CASE("the task corpus is graded by its questions' answers") {
  const TemporaryFolder folder;
  const std::string sample = "engine/agent/tasks/sample_corpus/";
  const std::string corpus = (folder / "c.sqlite").string();
  REQUIRE(run_program("corpus build --documents " + sample + "documents.jsonl -o " + corpus)
              .exit_code == 0);
  const Outcome outcome = run_program(
      "eval --model tests/reference/tiny --task corpus --episodes 2 --turn-max-tokens 8 --json "
      "--view-tokens 20 --policies keep-k:k=1 --questions " +
      sample + "questions.jsonl --corpus " + corpus + " -o " + (folder / "e").string());
  REQUIRE(outcome.exit_code == 0);
  const auto rows = tables_in(outcome.out).at("frontier");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].at("accuracy").is_number());
  CHECK(rows[1].at("policy") == "keep-k:k=1");
}

TEST_CASE("a task that a suite has gives the suite's numbers, commands of the model included") {
  const TemporaryFolder folder;
  const auto rows_of = [&](const std::string& what, const char* name) {
    const Outcome outcome =
        run_program("eval " + what + " --episodes 1 --json -o " + (folder / name).string());
    auto rows = tables_in(outcome.out).at("frontier");
    for (Row& row : rows) row.erase("core_seconds");
    return rows;
  };
  const auto suite =
      rows_of("--suite quick --tasks pocket-hops --policies full,keep-k,sidequest", "suite");
  REQUIRE(suite.size() == 3);
  CHECK(rows_of("--task pocket-hops --policies keep-k,sidequest", "task") == suite);
}

TEST_CASE("the cells of a task are played once, and by any number of jobs and threads alike") {
  const Prompts prompts;
  const Outcome first = prompts.evaluate(kTwo);
  const Outcome second = prompts.evaluate(std::string(kTwo) + " --jobs 2");
  CHECK_THAT(second.err, Contains("5 cells were played before"));
  CHECK(first.out == second.out);
  const Prompts others;
  const auto rows = tables_in(others.evaluate(std::string(kTwo) + " --jobs 2").out);
  CHECK(rows.at("agreement") == tables_in(first.out).at("agreement"));
}

TEST_CASE("cells of other settings or another file are refused by name") {
  const Prompts prompts;
  REQUIRE(prompts.evaluate("").exit_code == 0);
  const Outcome chunk = prompts.evaluate("--prefill-chunk 8");
  CHECK(chunk.exit_code == 3);
  CHECK_THAT(chunk.err, Contains("prompts-default.full.s3000000.json"));
  std::ofstream(prompts.path(), std::ios::app) << ' ' << '\n';
  CHECK(prompts.evaluate("").exit_code == 3);
}

TEST_CASE("a refused evaluation of a task leaves no folder behind") {
  struct Refused {
    const char* options;
    int exit_code;
    const char* said;
  };
  const auto refused =
      GENERATE(Refused{"--policies tovo --budgets 16", 2, "did you mean `tova`"},
               Refused{"--policies h2o:scor=mean --budgets 64", 2, "score"},
               Refused{"--policies h2o:score=median --budgets 64", 2, "median"},
               Refused{"--policies score=mean,h2o --budgets 64", 2, "a parameter without a policy"},
               Refused{"--policies tova,tova --budgets 16", 2, "listed twice"},
               Refused{"--policies tova --budgets 16,16", 2, "listed twice"},
               Refused{"--policies tova", 2, "needs budgets"},
               Refused{"--policies keep-k --budgets 16", 2, "policies that take none"},
               Refused{"--budgets 16", 2, "policies that take none"},
               Refused{"--policies streaming --budgets 2", 2, "below what must be kept"},
               Refused{"--policies hindsight", 2, "expert"},
               Refused{"--questions q.jsonl", 2, "no use for this file"},
               Refused{"--episodes 3", 2, "indices from 0 to 1"},
               Refused{"--context-limit 8", 2, "leaves no room"},
               Refused{"--suite quick", 2, "a task of your own"},
               Refused{"--ablate", 2, "a task of your own"},
               Refused{"--tasks pocket-cot", 2, "a task of your own"},
               Refused{"--jobs 2 --threads 2", 2, "one of the two"},
               Refused{"--chat chatlm", 2, "did you mean `chatml`"});
  CAPTURE(refused.options);
  const Prompts prompts;
  const Outcome outcome = prompts.evaluate(refused.options);
  CHECK(outcome.exit_code == refused.exit_code);
  CHECK_THAT(outcome.err, Contains(refused.said));
  CHECK_FALSE(fs::exists(prompts.out()));
}

TEST_CASE("a missing file or an unknown task leaves no folder behind") {
  const TemporaryFolder folder;
  const std::string out = " -o " + (folder / "e").string();
  const std::string tiny = "eval --model tests/reference/tiny ";
  const Outcome file = run_program(tiny + "--task prompts --prompts nowhere.jsonl" + out);
  CHECK(file.exit_code == 3);
  CHECK_THAT(file.err, Contains("nowhere.jsonl"));
  const Outcome none = run_program(tiny + "--task prompts" + out);
  CHECK(none.exit_code == 2);
  CHECK_THAT(none.err, Contains("option --prompts"));
  const Outcome task = run_program(tiny + "--task prompt" + out);
  CHECK(task.exit_code == 2);
  CHECK_THAT(task.err, Contains("did you mean `prompts`"));
  CHECK_FALSE(fs::exists(folder / "e"));
}

TEST_CASE("a suite refuses what it sets by itself") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_program("eval --suite quick --page-size 8 -o " + (folder / "e").string());
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.err, Contains("--page-size"));
  const Outcome budgets =
      run_program("eval --budgets 100 --policies tova -o " + (folder / "e").string());
  CHECK(budgets.exit_code == 2);
  CHECK_FALSE(fs::exists(folder / "e"));
}

}  // namespace
}  // namespace pagequest::testing
