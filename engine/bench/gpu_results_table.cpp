// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_results_table.h"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "engine/bench/gpu_benchmarks.h"

namespace pagequest::bench {
namespace {

using Json = nlohmann::ordered_json;

/// One line, without spaces at its end.
template <class... Values>
std::string line_of(const char* format, Values... values) {
  std::array<char, 160> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  std::string text = line.data();
  const std::size_t end = text.find_last_not_of(" \n");
  return text.substr(0, end == std::string::npos ? 0 : end + 1) + "\n";
}

std::string percent(const Json& object, const char* name) {
  if (!object.contains(name) || object.at(name).is_null()) return "";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * object.at(name).get<double>());
  return text.data();
}

std::string text_of(const Json& json, const char* name) { return json.at(name).get<std::string>(); }

std::string machine_lines(const Json& json) {
  std::string out =
      json.at("rehearsal").get<bool>() ? "REHEARSAL: no GPU, figures mean nothing\n" : "";
  const std::string device = text_of(json, "device");
  out += line_of("%s, driver %s, commit %s", device.empty() ? "unknown device" : device.c_str(),
                 text_of(json, "driver").c_str(), text_of(json, "commit").c_str());
  for (const char* ceiling : {"copy_gbps", "matmul_tflops"}) {
    if (json.at(ceiling).is_null()) continue;
    out += line_of("%-26s %10.4g", ceiling, json.at(ceiling).get<double>());
  }
  return out;
}

/// Shares and targets of a rehearsal would say nothing.
std::string benchmark_lines(const Json& benchmarks, bool rehearsal) {
  std::string out =
      line_of("%-26s %10s %-17s %8s %7s", "benchmark", "figure", "unit", "share", "target");
  for (const GpuBenchmark& benchmark : gpu_benchmarks()) {
    const std::string name(benchmark.name);
    if (!benchmarks.contains(name)) continue;
    const Json& row = benchmarks.at(name);
    const std::string share = rehearsal ? "" : percent(row, "share");
    const std::string target = rehearsal ? "" : percent(row, "target");
    const char* verdict = target.empty() ? "" : row.at("met").get<bool>() ? " met" : " MISSED";
    out += line_of("%-26s %10.4g %-17s %8s %7s%s", name.c_str(), row.at("figure").get<double>(),
                   text_of(row, "unit").c_str(), share.c_str(), target.c_str(), verdict);
  }
  return benchmarks.empty() ? "" : out;
}

std::string test_lines(const Json& tests) {
  std::string out;
  for (const auto& [name, suite] : tests.at("suites").items()) {
    out += line_of("tests %-16s %5lld passed %4lld failed %4lld not run", name.c_str(),
                   suite.at("passed").get<long long>(), suite.at("failed").get<long long>(),
                   suite.at("skipped").get<long long>());
    for (const Json& failure : suite.at("failures")) {
      out += line_of("  FAILED %.64s", failure.get<std::string>().c_str());
    }
  }
  return out;
}

std::string sanitizer_lines(const Json& sanitizers) {
  std::string out;
  for (const auto& [tool, run] : sanitizers.items()) {
    out += line_of("%-22s %-10s %.44s", tool.c_str(), text_of(run, "state").c_str(),
                   text_of(run, "detail").c_str());
  }
  return out;
}

/// Only those that were not done.
std::string step_lines(const Json& steps) {
  std::string out;
  for (const Json& step : steps) {
    if (text_of(step, "state") == "done") continue;
    out += line_of("step %-17s %-10s %.44s", text_of(step, "name").c_str(),
                   text_of(step, "state").c_str(), text_of(step, "detail").c_str());
  }
  return out;
}

}  // namespace

std::string gpu_results_table(std::string_view text) {
  const Json json = Json::parse(text);
  return machine_lines(json) +
         benchmark_lines(json.at("benchmarks"), json.at("rehearsal").get<bool>()) +
         test_lines(json.at("tests")) + sanitizer_lines(json.at("sanitizers")) +
         step_lines(json.at("steps"));
}

}  // namespace pagequest::bench
