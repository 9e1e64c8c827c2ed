// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/bench/calibration_json.h"

#include <span>

#include <nlohmann/json.hpp>

namespace pagequest::bench {
namespace {

using Json = nlohmann::ordered_json;

Json point_json(const PointTime& time) {
  const BatchPoint& point = time.point;
  Json out = {{"kind", to_string(point.kind)}};
  if (point.kind != BatchKind::prefill) out["batch"] = point.batch;
  out["context"] = point.context;
  if (point.kind != BatchKind::decode) out["tokens"] = point.tokens;
  out["seconds"] = time.seconds;
  out["least_seconds"] = time.least_s;
  out["median_seconds"] = time.median_s;
  out["spread"] = time.spread;
  return out;
}

Json points_json(std::span<const PointTime> times) {
  Json out = Json::array();
  for (const PointTime& time : times) out.push_back(point_json(time));
  return out;
}

}  // namespace

std::string profile_json(const Calibration& calibration, const CalibrationSource& source) {
  const Json profile = {{"schema", "pagequest.profile.1"},
                        {"version", source.version},
                        {"commit", source.commit},
                        {"device", source.device},
                        {"model", source.model},
                        {"kv_storage", source.kv_storage},
                        {"threads", source.threads},
                        {"page_tokens", source.page_tokens},
                        {"capture", source.capture},
                        {"clock", to_string(source.clock)},
                        {"host",
                         {{"step_seconds", calibration.host.step_s},
                          {"sequence_seconds", calibration.host.sequence_s}}},
                        {"points", points_json(calibration.points)},
                        {"host_points", points_json(calibration.host_points)}};
  return profile.dump(1) + "\n";
}

}  // namespace pagequest::bench
