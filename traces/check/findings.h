// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "traces/check.h"

namespace pagequest::traces {

/// Collects the findings about one episode.
class Findings {
 public:
  void set_episode(EpisodeId episode) { episode_ = episode; }
  void set_step(std::int32_t step) { step_ = step; }

  /// `rule` is the name of a registered rule.
  void add(std::string_view rule, std::string message);
  /// Adds "<what> is <found>, expected <expected>" if the two differ.
  void expect_equal(std::string_view rule, std::string_view what, std::int64_t found,
                    std::int64_t expected);

  [[nodiscard]] std::vector<Finding> take();

 private:
  EpisodeId episode_;
  std::int32_t step_ = -1;
  std::vector<Finding> findings_;
  std::map<std::string_view, std::int64_t> counts_;  // by rule
};

}  // namespace pagequest::traces
