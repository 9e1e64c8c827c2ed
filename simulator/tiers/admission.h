// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Which of the blocks that are offered to a tier it takes in.
class Admission {
 public:
  virtual ~Admission() = default;
  virtual bool admits(BlockId id) = 0;
};

struct AdmissionPolicy {
  std::string_view name;
  std::string_view description;
  /// For a tier of that many blocks.
  std::unique_ptr<Admission> (*make)(std::int64_t capacity);
};

/// Sorted by name.
[[nodiscard]] std::span<const AdmissionPolicy> admission_policies();
/// Throws usage_error that lists the valid names.
[[nodiscard]] std::unique_ptr<Admission> make_admission(std::string_view name,
                                                        std::int64_t capacity);

}  // namespace pagequest::simulator
