// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "simulator/workload/session.h"

namespace pagequest::simulator {

/// Hands out sessions one by one, so that a run's memory is that of the sessions in flight.
class SessionSource {
 public:
  virtual ~SessionSource() = default;
  /// The next session, in ascending order of arrival times where it has any; null at the end.
  [[nodiscard]] virtual std::shared_ptr<const Session> next() = 0;
};

/// `count` sessions out of a list that outlives the source, reused in turn. Their recorded arrivals
/// hold for one round only: the caller must not ask for more than the list has then.
class ListedSessions final : public SessionSource {
 public:
  ListedSessions(const std::vector<Session>& sessions, std::int64_t count);
  [[nodiscard]] std::shared_ptr<const Session> next() override;

 private:
  const std::vector<Session>* sessions_;
  std::int64_t count_;
  std::int64_t given_ = 0;
};

}  // namespace pagequest::simulator
