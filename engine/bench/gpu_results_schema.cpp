// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <utility>

#include <nlohmann/json.hpp>

#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_results.h"

namespace pagequest::bench {
namespace {

using Json = nlohmann::json;
using Test = bool (*)(const Json&);

bool is_bool(const Json& v) { return v.is_boolean(); }
bool is_text(const Json& v) { return v.is_string(); }
bool is_count(const Json& v) { return v.is_number_integer() && v.get<std::int64_t>() >= 0; }
bool is_number(const Json& v) { return v.is_number(); }
bool is_positive(const Json& v) { return v.is_number() && v.get<double>() > 0.0; }
bool is_positive_or_null(const Json& v) { return v.is_null() || is_positive(v); }
bool is_object(const Json& v) { return v.is_object(); }
bool is_array(const Json& v) { return v.is_array(); }
bool is_object_of_numbers(const Json& v) {
  return v.is_object() && std::ranges::all_of(v, is_number);
}
bool is_object_of_texts(const Json& v) { return v.is_object() && std::ranges::all_of(v, is_text); }
bool is_array_of_texts(const Json& v) { return v.is_array() && std::ranges::all_of(v, is_text); }
bool is_date(const Json& v) {
  return v.is_string() && v.get<std::string>().size() == 10 && v.get<std::string>()[4] == '-';
}
bool is_step_state(const Json& v) {
  for (const auto state :
       {StepState::done, StepState::failed, StepState::timed_out, StepState::skipped}) {
    if (v == to_string(state)) return true;
  }
  return false;
}
bool is_sanitizer_state(const Json& v) {
  for (const auto state : {SanitizerState::clean, SanitizerState::errors,
                           SanitizerState::incomplete, SanitizerState::skipped}) {
    if (v == to_string(state)) return true;
  }
  return false;
}

struct Field {
  const char* name;
  Test test;
  const char* expected;
};

class Checker {
 public:
  /// Holds an object against its fields; false when it is none or lacks one.
  bool check(const std::string& where, const Json& object, std::initializer_list<Field> fields) {
    const std::size_t before = complaints_.size();
    for (const Field& field : fields) {
      const bool there = object.is_object() && object.contains(field.name);
      if (there && field.test(object.at(field.name))) continue;
      complaints_.push_back(where + field.name + (there ? " is not " : " is missing: ") +
                            field.expected);
    }
    return complaints_.size() == before;
  }
  void complain(std::string complaint) { complaints_.push_back(std::move(complaint)); }
  [[nodiscard]] std::vector<std::string> complaints() && { return std::move(complaints_); }

 private:
  std::vector<std::string> complaints_;
};

void check_benchmark(Checker& checker, const std::string& name, const Json& row) {
  const std::string where = "benchmarks." + name + ".";
  const auto all = gpu_benchmarks();
  const auto at = std::ranges::find(all, name, &GpuBenchmark::name);
  if (at == all.end()) return checker.complain("benchmarks." + name + " is not in the table");
  checker.check(where, row, {{"figure", is_number, "a number"}, {"unit", is_text, "a text"}});
  if (!at->ceiling.empty()) {
    checker.check(
        where, row,
        {{"share", is_positive_or_null, "positive or null"}, {"ceiling", is_text, "a text"}});
  }
  if (at->goal != Goal::none) {
    checker.check(where, row,
                  {{"target", is_positive, "positive"},
                   {"goal", is_text, "a text"},
                   {"met", is_bool, "true or false"}});
  }
  if (row.contains("details") && !is_object_of_numbers(row.at("details"))) {
    checker.complain(where + "details is not an object of numbers");
  }
}

void check_tests(Checker& checker, const Json& tests) {
  const std::initializer_list<Field> counts = {{"passed", is_count, "a count"},
                                               {"failed", is_count, "a count"},
                                               {"skipped", is_count, "a count"}};
  if (!checker.check("tests.", tests, {{"suites", is_object, "an object"}})) return;
  checker.check("tests.", tests, counts);
  for (const auto& [name, suite] : tests.at("suites").items()) {
    const std::string where = "tests.suites." + name + ".";
    checker.check(where, suite, counts);
    checker.check(where, suite,
                  {{"completed", is_bool, "true or false"},
                   {"failures", is_array_of_texts, "an array of texts"}});
  }
}

void check_parts(Checker& checker, const Json& json) {
  check_tests(checker, json.at("tests"));
  for (const auto& [tool, run] : json.at("sanitizers").items()) {
    checker.check("sanitizers." + tool + ".", run,
                  {{"state", is_sanitizer_state, "a state of a sanitizer"},
                   {"errors", is_count, "a count"},
                   {"detail", is_text, "a text"}});
  }
  for (const auto& [name, row] : json.at("benchmarks").items()) check_benchmark(checker, name, row);
  for (const Json& step : json.at("steps")) {
    checker.check("steps: ", step,
                  {{"name", is_text, "a text"},
                   {"state", is_step_state, "a state of a step"},
                   {"seconds", is_number, "a number"},
                   {"detail", is_text, "a text"}});
  }
}

}  // namespace

std::vector<std::string> complaints_about_gpu_results(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {"the file is no JSON object"};
  Checker checker;
  const bool whole = checker.check("", json,
                                   {{"schema", [](const Json& v) { return v == 1; }, "1"},
                                    {"rehearsal", is_bool, "true or false"},
                                    {"quick", is_bool, "true or false"},
                                    {"date", is_date, "a date like 2026-01-31"},
                                    {"commit", is_text, "a text"},
                                    {"device", is_text, "a text"},
                                    {"compute_capability", is_text, "a text"},
                                    {"driver", is_text, "a text"},
                                    {"runtime", is_text, "a text"},
                                    {"multiprocessors", is_count, "a count"},
                                    {"memory_bytes", is_count, "a count"},
                                    {"l2_bytes", is_count, "a count"},
                                    {"clocks", is_object_of_numbers, "an object of numbers"},
                                    {"tools", is_object_of_texts, "an object of texts"},
                                    {"copy_gbps", is_positive_or_null, "positive or null"},
                                    {"matmul_tflops", is_positive_or_null, "positive or null"},
                                    {"tests", is_object, "an object"},
                                    {"sanitizers", is_object, "an object"},
                                    {"benchmarks", is_object, "an object"},
                                    {"steps", is_array, "an array"}});
  if (whole) check_parts(checker, json);
  return std::move(checker).complaints();
}

}  // namespace pagequest::bench
