// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/bench/gpu_results.h"

/// What the programs that scripts/gpu-check runs have written, even if something ended them.
namespace pagequest::bench {

/// The XML that Catch2 writes with `--reporter xml`, possibly cut off. `listed`: test cases that
/// the program has.
[[nodiscard]] TestSuite read_catch2_xml(std::string_view xml, const std::string& suite,
                                        std::int64_t listed);

/// The output of compute-sanitizer, and its exit status (124: it ran past its limit).
[[nodiscard]] SanitizerRun read_sanitizer_log(std::string_view log, const std::string& tool,
                                              int exit_status);

/// The output of `nvidia-smi --format=csv,noheader,nounits -lms 500` with columns clocks.sm,
/// clocks.mem, temperature.gpu, power.draw: the median of each.
[[nodiscard]] Details read_clock_log(std::string_view log);

}  // namespace pagequest::bench
