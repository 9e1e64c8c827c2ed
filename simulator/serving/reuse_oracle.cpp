// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/reuse_oracle.h"

#include <algorithm>

namespace pagequest::simulator {

ReuseOracle::ReuseOracle(const std::vector<Session>& sessions) {
  std::size_t count = 0;
  for (const Session& session : sessions) count += session.blocks.size();
  uses_.reserve(count);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    for (const BlockId id : sessions[i].blocks) uses_.push_back({id, static_cast<std::int64_t>(i)});
  }
  std::sort(uses_.begin(), uses_.end());
}

std::int64_t ReuseOracle::next_use(BlockId id, std::int64_t session) const {
  const auto use = std::lower_bound(uses_.begin(), uses_.end(), Use{id, session + 1});
  return use != uses_.end() && use->id == id ? use->session : -1;
}

}  // namespace pagequest::simulator
