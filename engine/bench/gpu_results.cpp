// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_results.h"

#include <array>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/error.h"
#include "base/params.h"
#include "engine/bench/gpu_benchmarks.h"
#include "engine/bench/gpu_results_table.h"

namespace pagequest::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr std::array<std::string_view, 4> kStepStates = {"done", "failed", "timed out", "skipped"};
constexpr std::array<std::string_view, 4> kSanitizerStates = {"clean", "errors", "incomplete",
                                                              "skipped"};

/// JSON has no infinity, and a figure of that kind would be wrong anyway.
Json number(double value) {
  PQ_CHECK(std::isfinite(value), "figures are finite");
  return value;
}

Json object_of(const Details& details) {
  Json object = Json::object();
  for (const auto& [name, value] : details) object[name] = number(value);
  return object;
}

bool met(const GpuBenchmark& benchmark, const GpuFigure& figure) {
  if (benchmark.goal == Goal::figure_at_most) return figure.figure <= benchmark.target;
  return figure.share.has_value() && *figure.share >= benchmark.target;
}

Json json_of(const GpuFigure& figure) {
  const GpuBenchmark& benchmark = gpu_benchmark(figure.name);
  Json json{{"figure", number(figure.figure)}, {"unit", benchmark.unit}};
  if (!benchmark.ceiling.empty()) {
    json["share"] = figure.share ? number(*figure.share) : Json(nullptr);
    json["ceiling"] = benchmark.ceiling;
  }
  if (benchmark.goal != Goal::none) {
    json["target"] = benchmark.target;
    json["goal"] = benchmark.goal == Goal::figure_at_most ? "figure at most" : "share at least";
    json["met"] = met(benchmark, figure);
  }
  if (!figure.details.empty()) json["details"] = object_of(figure.details);
  return json;
}

Json json_of(const TestSuite& suite) {
  return {{"passed", suite.passed},
          {"failed", suite.failed},
          {"skipped", suite.skipped},
          {"completed", suite.completed},
          {"failures", suite.failures}};
}

Json json_of(const SanitizerRun& run) {
  return {{"state", to_string(run.state)}, {"errors", run.errors}, {"detail", run.detail}};
}

Json sum_of(const Json& suites) {
  std::array<std::int64_t, 3> sums{};
  constexpr std::array<const char*, 3> kCounts = {"passed", "failed", "skipped"};
  for (const auto& [name, suite] : suites.items()) {
    for (std::size_t i = 0; i < 3; ++i) sums[i] += suite.at(kCounts[i]).get<std::int64_t>();
  }
  return {{"passed", sums[0]}, {"failed", sums[1]}, {"skipped", sums[2]}, {"suites", suites}};
}

Json empty_results(const GpuRun& run) {
  Json json{{"schema", kSchema},
            {"rehearsal", run.rehearsal},
            {"quick", run.quick},
            {"date", run.date},
            {"commit", run.commit},
            {"device", ""},
            {"compute_capability", ""},
            {"driver", ""},
            {"runtime", ""},
            {"multiprocessors", 0},
            {"memory_bytes", 0},
            {"l2_bytes", 0},
            {"clocks", Json::object()},
            {"tools", Json::object()},
            {"copy_gbps", nullptr},
            {"matmul_tflops", nullptr},
            {"tests", sum_of(Json::object())},
            {"sanitizers", Json::object()},
            {"benchmarks", Json::object()},
            {"steps", Json::array()}};
  for (const auto& [name, version] : run.tools) json["tools"][name] = version;
  return json;
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  if (in) return content.str();
  throw input_error({.what = "cannot read the results file",
                     .where = file.string(),
                     .found = {},
                     .expected = "a file that scripts/gpu-check began",
                     .hint = {}});
}

}  // namespace

std::string_view to_string(StepState state) { return kStepStates[static_cast<std::size_t>(state)]; }

StepState step_state_named(std::string_view name) {
  for (std::size_t i = 0; i < kStepStates.size(); ++i) {
    if (kStepStates[i] == name) return static_cast<StepState>(i);
  }
  throw_unknown_name("state of a step", name, {kStepStates.begin(), kStepStates.end()});
}

std::string_view to_string(SanitizerState state) {
  return kSanitizerStates[static_cast<std::size_t>(state)];
}

struct GpuResults::State {
  std::filesystem::path file;
  Json json;
};

GpuResults::GpuResults(std::unique_ptr<State> state) : state_(std::move(state)) {}
GpuResults::~GpuResults() = default;
GpuResults::GpuResults(GpuResults&&) noexcept = default;
GpuResults& GpuResults::operator=(GpuResults&&) noexcept = default;

GpuResults GpuResults::begin(const std::filesystem::path& file, const GpuRun& run) {
  return GpuResults(std::make_unique<State>(State{file, empty_results(run)}));
}

GpuResults GpuResults::read(const std::filesystem::path& file) {
  const std::string content = content_of(file);
  const auto complaints = complaints_about_gpu_results(content);
  if (complaints.empty()) {
    return GpuResults(std::make_unique<State>(State{file, Json::parse(content)}));
  }
  throw input_error({.what = "no results file",
                     .where = file.string(),
                     .found = complaints.front(),
                     .expected = "a file that scripts/gpu-check began",
                     .hint = {}});
}

void GpuResults::set_device(const GpuDevice& device) {
  Json& json = state_->json;
  json["device"] = device.name;
  json["compute_capability"] = device.compute_capability;
  json["driver"] = device.driver;
  json["runtime"] = device.runtime;
  json["multiprocessors"] = device.multiprocessors;
  json["memory_bytes"] = device.memory_bytes;
  json["l2_bytes"] = device.l2_bytes;
  json["clocks"]["most_multiprocessors_mhz"] = device.clock_mhz;
  json["clocks"]["most_memory_mhz"] = device.memory_clock_mhz;
}

void GpuResults::set_clocks(const Details& clocks) {
  state_->json["clocks"].update(object_of(clocks));
}

void GpuResults::set_ceiling(std::string_view name, double figure) {
  PQ_CHECK(name == kCopyCeiling || name == kMatmulCeiling, "a measured ceiling");
  state_->json[std::string(name)] = number(figure);
}

void GpuResults::add(const GpuStep& step) {
  Json& steps = state_->json["steps"];
  const Json json{{"name", step.name},
                  {"state", to_string(step.state)},
                  {"seconds", number(step.seconds)},
                  {"detail", step.detail}};
  for (Json& other : steps) {
    if (other.at("name") != step.name) continue;
    other = json;
    return;
  }
  steps.push_back(json);
}

void GpuResults::add(const TestSuite& suite) {
  Json suites = state_->json.at("tests").at("suites");
  suites[suite.name] = json_of(suite);
  state_->json["tests"] = sum_of(suites);
}

void GpuResults::add(const SanitizerRun& run) {
  state_->json["sanitizers"][run.tool] = json_of(run);
}

void GpuResults::add(const GpuFigure& figure) {
  state_->json["benchmarks"][figure.name] = json_of(figure);
}

std::optional<double> GpuResults::ceiling(std::string_view name) const {
  const Json& value = state_->json.at(std::string(name));
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

bool GpuResults::failed() const {
  const Json& json = state_->json;
  for (const Json& step : json.at("steps")) {
    if (step.at("state") == "failed" || step.at("state") == "timed out") return true;
  }
  for (const auto& [name, suite] : json.at("tests").at("suites").items()) {
    if (suite.at("failed") != 0 || !suite.at("completed").get<bool>()) return true;
  }
  for (const auto& [name, run] : json.at("sanitizers").items()) {
    if (run.at("state") == "errors") return true;
  }
  return false;
}

std::string GpuResults::table() const { return gpu_results_table(state_->json.dump()); }

void GpuResults::save() const {
  std::filesystem::path part = state_->file;
  part += ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << state_->json.dump(2) << '\n';
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(part, state_->file, failure);
  if (out && !failure) return;
  throw output_error({.what = "cannot write the results file",
                      .where = state_->file.string(),
                      .found = failure ? failure.message() : "a write that failed",
                      .expected = "a folder that exists and has room",
                      .hint = "name another file with --out"});
}

}  // namespace pagequest::bench
