// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/serving/session_source.h"

#include "base/check.h"

namespace pagequest::simulator {

ListedSessions::ListedSessions(const std::vector<Session>& sessions, std::int64_t count)
    : sessions_(&sessions), count_(count) {
  PQ_CHECK(!sessions.empty() || count == 0, "there is something to serve");
}

std::shared_ptr<const Session> ListedSessions::next() {
  if (given_ == count_) return nullptr;
  const auto index = static_cast<std::size_t>(given_++) % sessions_->size();
  return {std::shared_ptr<const void>(), &(*sessions_)[index]};  // not owned
}

}  // namespace pagequest::simulator
