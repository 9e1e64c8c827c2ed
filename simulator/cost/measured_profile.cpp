// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/cost/measured_profile.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "simulator/machine/json_members.h"

namespace pagequest::simulator {
namespace {

constexpr const char* kSchema = "pagequest.profile.1";
constexpr const char* kHint = "`pagequest calibrate` writes such a file";
constexpr double kMostSeconds = 1e5;

MeasuredPoint parse_point(JsonMembers in) {
  const std::string kind = in.text("kind");
  const bool decodes = kind == "decode" || kind == "mixed";
  const bool prefills = kind == "prefill" || kind == "mixed";
  if (!decodes && !prefills) {
    in.fail("unknown kind of point", in.path("kind"), "`" + kind + "`", "decode, prefill or mixed");
  }
  MeasuredPoint out;
  if (decodes) out.batch = in.integer("batch", 1);
  if (prefills) out.tokens = in.integer("tokens", 1);
  out.context = in.integer("context", 0);
  constexpr double kLeastSeconds = 1e-9;
  out.seconds = in.real("seconds", kLeastSeconds, kMostSeconds);
  return out;
}

void check_schema(JsonMembers& in) {
  const std::string schema = in.text("schema");
  if (schema == kSchema) return;
  in.fail("unknown schema", in.path("schema"), "`" + schema + "`",
          "`" + std::string(kSchema) + "`");
}

}  // namespace

MeasuredProfile parse_measured_profile(std::string_view json, const std::string& where) {
  const auto root = parse_json(json, where, kHint);
  JsonMembers in(root, where, kHint);
  check_schema(in);
  MeasuredProfile out;
  out.device = in.text("device");
  out.model = in.text("model");
  if (in.has("engine")) out.engine = in.text("engine");
  const auto& points = in.at("points");
  if (!points.is_array()) {
    in.fail("wrong type", in.path("points"), points.type_name(), "an array");
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::string at = in.path("points[" + std::to_string(i) + "]");
    out.points.push_back(parse_point(JsonMembers(points[i], at, kHint)));
  }
  const auto decodes = [](const MeasuredPoint& p) { return p.batch > 0 && p.tokens == 0; };
  if (std::none_of(out.points.begin(), out.points.end(), decodes)) {
    in.fail("nothing to predict decode steps from", in.path("points"), "no decode point",
            "at least one");
  }
  return out;
}

MeasuredProfile load_measured_profile(const std::filesystem::path& file) {
  return parse_measured_profile(read_text(file.string(), "a profile in JSON"), file.string());
}

}  // namespace pagequest::simulator
