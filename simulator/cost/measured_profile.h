// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pagequest::simulator {

/// A measured step: `batch` sequences that decode behind `context` cached tokens each, and a
/// prompt chunk of `tokens` behind as many; 0: no such part. A token that is added is not counted
/// in `context`, but is read.
struct MeasuredPoint {
  std::int64_t batch = 0;
  std::int64_t tokens = 0;
  std::int64_t context = 0;
  double seconds = 0.0;
};

/// What `pagequest calibrate` writes: how long steps of one engine take on one device.
struct MeasuredProfile {
  std::string device;
  std::string model;
  std::string engine;  // may be empty
  std::vector<MeasuredPoint> points;
};

/// From JSON of schema "pagequest.profile.1":
///   {"schema": ..., "device": text, "model": text, "engine": text (optional),
///    "points": [{"kind": "decode", "batch": n, "context": c, "seconds": s},
///               {"kind": "prefill", "tokens": t, "context": c, "seconds": s},
///               {"kind": "mixed", "batch": n, "tokens": t, "context": c, "seconds": s}]}
/// Other keys are ignored: they say where the points come from. Throws input_error, which names the
/// point and the key: a missing one, a wrong type, a value out of range, no decode point.
[[nodiscard]] MeasuredProfile parse_measured_profile(std::string_view json,
                                                     const std::string& where);
/// The same, of a file; throws input_error if it can't be read.
[[nodiscard]] MeasuredProfile load_measured_profile(const std::filesystem::path& file);

}  // namespace pagequest::simulator
