// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Writes what scripts/gpu-check finds out into its results file, step by step.
#include "engine/bench/gpu_results.h"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/bench/gpu_test_log.h"

namespace pagequest::bench {
namespace {

using Arguments = std::span<const std::string>;

constexpr std::string_view kUsage =
    "usage: gpu_results FILE COMMAND ...\n"
    "  begin DATE COMMIT [--rehearsal] [--quick] [TOOL=VERSION ...]\n"
    "  step NAME done|failed|'timed out'|skipped SECONDS [DETAIL]\n"
    "  tests SUITE LISTED XML_FILE\n"
    "  sanitizer TOOL EXIT_STATUS LOG_FILE\n"
    "  no-sanitizer TOOL WHY\n"
    "  clocks LOG_FILE\n"
    "  check\n"
    "  table                exit status 1: a test, a step or a sanitizer failed\n";

template <class Number>
Number number_of(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  throw usage_error({.what = "not a number",
                     .where = "gpu_results",
                     .found = text,
                     .expected = "a number",
                     .hint = std::string(kUsage)});
}

/// "" where there is none: a program that was stopped may have written nothing.
std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  return content.str();
}

int begin(const std::string& file, Arguments arguments) {
  GpuRun run{.date = arguments[0], .commit = arguments[1]};
  for (const std::string& argument : arguments.subspan(2)) {
    const std::size_t equals = argument.find('=');
    if (argument == "--rehearsal") run.rehearsal = true;
    if (argument == "--quick") run.quick = true;
    if (equals != std::string::npos) {
      run.tools.emplace_back(argument.substr(0, equals), argument.substr(equals + 1));
    }
  }
  GpuResults::begin(file, run).save();
  return 0;
}

template <class Change>
int change(const std::string& file, const Change& apply) {
  GpuResults results = GpuResults::read(file);
  apply(results);
  results.save();
  return 0;
}

int step(const std::string& file, Arguments arguments) {
  return change(file, [&](GpuResults& results) {
    results.add(GpuStep{.name = arguments[0],
                        .state = step_state_named(arguments[1]),
                        .seconds = number_of<double>(arguments[2]),
                        .detail = arguments.size() > 3 ? arguments[3] : ""});
  });
}

int tests(const std::string& file, Arguments arguments) {
  return change(file, [&](GpuResults& results) {
    results.add(read_catch2_xml(content_of(arguments[2]), arguments[0],
                                number_of<std::int64_t>(arguments[1])));
  });
}

int sanitizer(const std::string& file, Arguments arguments) {
  return change(file, [&](GpuResults& results) {
    results.add(
        read_sanitizer_log(content_of(arguments[2]), arguments[0], number_of<int>(arguments[1])));
  });
}

int no_sanitizer(const std::string& file, Arguments arguments) {
  return change(file, [&](GpuResults& results) {
    results.add(SanitizerRun{.tool = arguments[0], .detail = arguments[1]});
  });
}

int clocks(const std::string& file, Arguments arguments) {
  return change(file, [&](GpuResults& results) {
    results.set_clocks(read_clock_log(content_of(arguments[0])));
  });
}

int check(const std::string& file, Arguments /*arguments*/) {
  const auto complaints = complaints_about_gpu_results(content_of(file));
  for (const std::string& complaint : complaints) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), complaint.c_str());
  }
  return complaints.empty() ? 0 : 1;
}

int table(const std::string& file, Arguments /*arguments*/) {
  const GpuResults results = GpuResults::read(file);
  std::fputs(results.table().c_str(), stdout);
  return results.failed() ? 1 : 0;
}

struct Command {
  std::string_view name;
  std::size_t least_arguments;
  int (*run)(const std::string& file, Arguments arguments);
};
constexpr Command kCommands[] = {
    {"begin", 2, begin},
    {"step", 3, step},
    {"tests", 3, tests},
    {"sanitizer", 3, sanitizer},
    {"no-sanitizer", 2, no_sanitizer},
    {"clocks", 1, clocks},
    {"check", 0, check},
    {"table", 0, table},
};

int run(const std::vector<std::string>& arguments) {
  for (const Command& command : kCommands) {
    if (arguments.size() < command.least_arguments + 2 || arguments[1] != command.name) continue;
    return command.run(arguments[0], Arguments(arguments).subspan(2));
  }
  std::fputs(kUsage.data(), stderr);
  return 2;
}

}  // namespace
}  // namespace pagequest::bench

int main(int argc, char** argv) {
  try {
    return pagequest::bench::run({argv + 1, argv + argc});
  } catch (const pagequest::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
