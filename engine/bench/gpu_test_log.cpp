// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/gpu_test_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace pagequest::bench {
namespace {

constexpr int kTimedOut = 124;  // as timeout(1) exits

/// Everything between `before` and `after` from `at` on, which moves behind it.
std::optional<std::string_view> next_between(std::string_view text, std::size_t& at,
                                             std::string_view before, std::string_view after) {
  const std::size_t begin = text.find(before, at);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = text.find(after, begin + before.size());
  if (end == std::string_view::npos) return std::nullopt;
  at = end + after.size();
  return text.substr(begin + before.size(), end - begin - before.size());
}

std::string without_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 4> kEntities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&amp;", '&'}}};
  std::string out;
  while (!text.empty()) {
    const auto* at = std::ranges::find_if(
        kEntities, [&](const auto& entity) { return text.starts_with(entity.first); });
    out += at == kEntities.end() ? text.front() : at->second;
    text.remove_prefix(at == kEntities.end() ? 1 : at->first.size());
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The first number of a text, its unit ignored.
std::optional<double> number_in(std::string_view text) {
  const std::size_t begin = text.find_first_of("0123456789");
  if (begin == std::string_view::npos) return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data() + begin, text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

}  // namespace

TestSuite read_catch2_xml(std::string_view xml, const std::string& suite, std::int64_t listed) {
  TestSuite result{.name = suite, .completed = xml.find("</Catch>") != std::string_view::npos};
  for (std::size_t at = 0;;) {
    const auto name = next_between(xml, at, "<TestCase name=\"", "\"");
    if (!name) break;
    const std::size_t next = xml.find("<TestCase name=\"", at);
    const auto verdict = next_between(xml.substr(0, next), at, "<OverallResult success=\"", "\"");
    const bool passed = verdict == "true";
    ++(passed ? result.passed : result.failed);
    if (!passed) result.failures.push_back(without_entities(*name));
  }
  result.skipped = std::max<std::int64_t>(0, listed - result.passed - result.failed);
  return result;
}

SanitizerRun read_sanitizer_log(std::string_view log, const std::string& tool, int exit_status) {
  SanitizerRun run{.tool = tool};
  if (log.find("Device not supported") != std::string_view::npos) {
    run.detail = "compute-sanitizer refuses this device";
    return run;
  }
  bool summed = false;
  for (const std::string_view line : lines_of(log)) {
    // memcheck ends with "ERROR SUMMARY: 0 errors", racecheck with "RACECHECK SUMMARY: 0 hazards
    // displayed (0 errors, 0 warnings)".
    const std::size_t at = line.find("SUMMARY: ");
    if (at == std::string_view::npos) continue;
    summed = true;
    run.errors += static_cast<std::int64_t>(number_in(line.substr(at)).value_or(0.0));
  }
  if (run.errors > 0) {
    run.state = SanitizerState::errors;
  } else if (summed && exit_status == 0) {
    run.state = SanitizerState::clean;
  } else {
    run.state = SanitizerState::incomplete;
    run.detail = exit_status == kTimedOut ? "stopped at its time limit, nothing found until then"
                                          : "exit status " + std::to_string(exit_status);
  }
  return run;
}

Details read_clock_log(std::string_view log) {
  constexpr std::array<std::string_view, 4> kColumns = {"multiprocessors_mhz", "memory_mhz",
                                                        "temperature_celsius", "power_watts"};
  std::array<std::vector<double>, kColumns.size()> samples;
  for (std::string_view line : lines_of(log)) {
    for (auto& column : samples) {
      const std::size_t end = std::min(line.find(','), line.size());
      if (const auto value = number_in(line.substr(0, end))) column.push_back(*value);
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }
  Details clocks;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i].empty()) continue;
    const auto middle = samples[i].begin() + static_cast<std::ptrdiff_t>(samples[i].size() / 2);
    std::nth_element(samples[i].begin(), middle, samples[i].end());
    clocks.emplace_back(kColumns[i], *middle);
  }
  return clocks;
}

}  // namespace pagequest::bench
