// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/io/header_io.h"

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "traces/io/attributes.h"
#include "traces/schema/v1.h"

namespace pagequest::traces::io {
namespace {

namespace v1 = schema::v1;

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

void check_version(const Status& status, hid_t file) {
  if (H5Aexists(file, "format") <= 0 || H5Aexists(file, "format_version") <= 0) {
    status.fail("this is not a PageQuest trace", {}, "an HDF5 file of another kind",
                "the attribute `format` = " + std::string(v1::kFormat));
  }
  const std::string format = read_text(status, file, "format");
  if (format != v1::kFormat) {
    status.fail("this is not a PageQuest trace", "format", format, std::string(v1::kFormat));
  }
  const std::int64_t version = read_integer(status, file, "format_version", 0, kAny);
  if (version != v1::kVersion) {
    status.fail("unknown version of the trace format", "format_version", std::to_string(version),
                std::to_string(v1::kVersion),
                version > v1::kVersion ? "a newer PageQuest can read it" : "");
  }
}

}  // namespace

void write_header(const Status& status, hid_t file, const Header& header) {
  write_attribute(status, file, "format", v1::kFormat);
  write_attribute(status, file, "format_version", std::int64_t{v1::kVersion});
  for (const auto& [name, member] : kTexts) write_attribute(status, file, name, header.*member);
  for (const auto& field : kIntegers) {
    write_attribute(status, file, field.name, std::int64_t{header.*field.member});
  }
  write_attribute(status, file, "seed", header.seed);
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
  check_version(status, file);
  Header header;
  for (const auto& [name, member] : kTexts) header.*member = read_text(status, file, name);
  for (const auto& field : kIntegers) {
    header.*field.member =
        static_cast<std::int32_t>(read_integer(status, file, field.name, field.least, field.most));
  }
  header.seed = read_unsigned(status, file, "seed");
  const Handle group(H5Gopen2(file, kParamsGroup, H5P_DEFAULT), H5Gclose);
  status(group.get(), "a group is missing or damaged", kParamsGroup);
  for (const auto& name : attribute_names(status, group.get())) {
    header.policy_params[name] = read_text(status, group.get(), name);
  }
  return header;
}

}  // namespace pagequest::traces::io
