// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/header_io.h"

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "traces/io/attributes.h"
#include "traces/schema/v5.h"

namespace pagequest::traces::io {
namespace {

using schema::v5::kFormat;
using schema::v5::kVersion;

constexpr const char* kParamsGroup = "policy_params";

constexpr std::array<std::pair<const char*, std::string Header::*>, 7> kTexts{
    {{"model", &Header::model},
     {"task", &Header::task},
     {"setting", &Header::setting},
     {"policy", &Header::policy},
     {"config_json", &Header::config_json},
     {"version", &Header::version},
     {"commit", &Header::commit}}};

struct IntegerField {
  const char* name;
  std::int32_t Header::*member;
  std::int32_t least;
  std::int32_t most;
};
constexpr std::int32_t kAny = std::numeric_limits<std::int32_t>::max();
constexpr std::array<IntegerField, 8> kIntegers{
    {{"budget_tokens", &Header::budget_tokens, 0, kAny},
     {"page_size", &Header::page_size, 1, 1 << 20},
     {"layers", &Header::layers, 0, 1 << 12},
     {"query_heads", &Header::query_heads, 0, 1 << 12},
     {"kv_heads", &Header::kv_heads, 0, 1 << 12},
     {"head_dim", &Header::head_dim, 0, 1 << 20},
     {"prefill_rows", &Header::prefill_rows, 0, kAny},
     {"episodes_planned", &Header::episodes_planned, 0, kAny}}};

constexpr std::array<std::pair<const char*, std::string Header::*>, 2> kTextsOfV2{
    {{"kv_storage", &Header::kv_storage}, {"kv_tables", &Header::kv_tables}}};
constexpr std::array<std::pair<const char*, bool Captures::*>, 4> kCaptures{
    {{"captures_sink_share", &Captures::sink_share},
     {"captures_query_heads", &Captures::query_heads},
     {"captures_query_cosine", &Captures::query_cosine},
     {"captures_key_bounds", &Captures::key_bounds}}};
constexpr const char* kThresholds = "thresholds";
constexpr const char* kWindows = "windows";

constexpr const char* kCapturesHeadEvictions = "captures_head_evictions";
constexpr std::array<std::pair<const char*, bool Captures::*>, 2> kCapturesOfV5{
    {{"captures_requantisations", &Captures::requantisations},
     {"captures_key_reads", &Captures::key_reads}}};
constexpr const char* kCapturesKernels = "captures_kernels";
constexpr const char* kKernelClock = "kernel_clock";
constexpr std::array<std::pair<const char*, double KernelTiming::*>, 2> kCeilings{
    {{"copy_gbps", &KernelTiming::copy_gbps}, {"matmul_tflops", &KernelTiming::matmul_tflops}}};

/// Returns the version.
std::int64_t check_version(const Status& status, hid_t file) {
  if (H5Aexists(file, "format") <= 0 || H5Aexists(file, "format_version") <= 0) {
    status.fail("this is not a PageQuest trace", {}, "an HDF5 file of another kind",
                "the attribute `format` = " + std::string(kFormat));
  }
  const std::string format = read_text(status, file, "format");
  if (format != kFormat) {
    status.fail("this is not a PageQuest trace", "format", format, std::string(kFormat));
  }
  const std::int64_t version = read_integer(status, file, "format_version", 0, kAny);
  if (version < 1 || version > kVersion) {
    status.fail("unknown version of the trace format", "format_version", std::to_string(version),
                "1 to " + std::to_string(kVersion),
                version > kVersion ? "a newer PageQuest can read it" : "");
  }
  return version;
}

/// What version 2 added.
void write_captures(const Status& status, hid_t file, const Header& header) {
  for (const auto& [name, member] : kTextsOfV2) write_attribute(status, file, name, header.*member);
  for (const auto& [name, member] : kCaptures) {
    write_attribute(status, file, name, std::int64_t{header.captures.*member});
  }
  write_attribute(status, file, kThresholds, std::span<const float>(header.captures.thresholds));
  write_attribute(status, file, kWindows, std::span<const std::int32_t>(header.windows));
}

/// What version 3 added.
void write_kernel_timing(const Status& status, hid_t file, const Header& header) {
  const auto& timing = header.kernel_timing;
  write_attribute(status, file, kCapturesKernels, std::int64_t{timing.has_value()});
  if (!timing) return;
  write_attribute(status, file, kKernelClock, timing->clock);
  for (const auto& [name, member] : kCeilings) {
    if ((*timing).*member > 0) write_attribute(status, file, name, (*timing).*member);
  }
}

std::optional<KernelTiming> read_kernel_timing(const Status& status, hid_t file) {
  if (read_integer(status, file, kCapturesKernels, 0, 1) == 0) return std::nullopt;
  KernelTiming timing;
  timing.clock = read_text(status, file, kKernelClock);
  for (const auto& [name, member] : kCeilings) {
    if (H5Aexists(file, name) > 0) timing.*member = read_number(status, file, name, 0);
  }
  return timing;
}

void check_thresholds(const Status& status, const Header& header) {
  float last = 0.0F;
  for (const float threshold : header.captures.thresholds) {
    if (!(threshold > last && threshold <= 1.0F)) {
      status.fail("an attribute is out of range", kThresholds, std::to_string(threshold),
                  "probabilities above 0, ascending");
    }
    last = threshold;
  }
  constexpr std::int32_t kBits = 64;
  if (!header.captures.thresholds.empty() && header.page_size > kBits) {
    status.fail("the trace is inconsistent: a token set has a bit a token of a page", "page_size",
                std::to_string(header.page_size), "at most " + std::to_string(kBits));
  }
}

void check_windows(const Status& status, const Header& header) {
  if (!header.windows.empty() && std::cmp_not_equal(header.windows.size(), header.layers)) {
    status.fail("the trace is inconsistent: a window a layer is needed", kWindows,
                std::to_string(header.windows.size()), std::to_string(header.layers));
  }
  for (const std::int32_t window : header.windows) {
    if (window < 0) {
      status.fail("an attribute is out of range", kWindows, std::to_string(window),
                  "0 or a number of tokens");
    }
  }
}

void read_captures(const Status& status, hid_t file, Header& header) {
  for (const auto& [name, member] : kTextsOfV2) header.*member = read_text(status, file, name);
  for (const auto& [name, member] : kCaptures) {
    header.captures.*member = read_integer(status, file, name, 0, 1) != 0;
  }
  header.captures.thresholds = read_floats(status, file, kThresholds);
  header.windows = read_integers(status, file, kWindows);
  check_thresholds(status, header);
  check_windows(status, header);
  if (header.captures.query_heads &&
      (header.kv_heads == 0 || header.query_heads % header.kv_heads != 0)) {
    status.fail("the trace is inconsistent: query heads share KV heads evenly", "query_heads",
                std::to_string(header.query_heads),
                "a multiple of " + std::to_string(header.kv_heads));
  }
}

}  // namespace

void write_header(const Status& status, hid_t file, const Header& header) {
  write_attribute(status, file, "format", kFormat);
  write_attribute(status, file, "format_version", std::int64_t{kVersion});
  for (const auto& [name, member] : kTexts) write_attribute(status, file, name, header.*member);
  for (const auto& field : kIntegers) {
    write_attribute(status, file, field.name, std::int64_t{header.*field.member});
  }
  write_attribute(status, file, "seed", header.seed);
  write_captures(status, file, header);
  write_kernel_timing(status, file, header);
  write_attribute(status, file, kCapturesHeadEvictions,
                  std::int64_t{header.captures.head_evictions});
  for (const auto& [name, member] : kCapturesOfV5) {
    write_attribute(status, file, name, std::int64_t{header.captures.*member});
  }
  const Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  status(H5Pset_obj_track_times(properties.get(), false), "can't set up a group");
  const Handle group(H5Gcreate2(file, kParamsGroup, H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                     H5Gclose);
  status(group.get(), "can't create a group", kParamsGroup);
  for (const auto& [name, value] : header.policy_params) {
    write_attribute(status, group.get(), name, value);
  }
}

Header read_header(const Status& status, hid_t file) {
  const std::int64_t version = check_version(status, file);
  Header header;
  for (const auto& [name, member] : kTexts) header.*member = read_text(status, file, name);
  for (const auto& field : kIntegers) {
    header.*field.member =
        static_cast<std::int32_t>(read_integer(status, file, field.name, field.least, field.most));
  }
  header.seed = read_unsigned(status, file, "seed");
  if (version >= 2) read_captures(status, file, header);
  if (version >= 3) header.kernel_timing = read_kernel_timing(status, file);
  if (version >= 4) {
    header.captures.head_evictions = read_integer(status, file, kCapturesHeadEvictions, 0, 1) != 0;
  }
  for (const auto& [name, member] : kCapturesOfV5) {
    if (version >= 5) header.captures.*member = read_integer(status, file, name, 0, 1) != 0;
  }
  const Handle group(H5Gopen2(file, kParamsGroup, H5P_DEFAULT), H5Gclose);
  status(group.get(), "a group is missing or damaged", kParamsGroup);
  for (const auto& name : attribute_names(status, group.get())) {
    header.policy_params[name] = read_text(status, group.get(), name);
  }
  return header;
}

}  // namespace pagequest::traces::io
