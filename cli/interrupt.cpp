// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <ctime>

namespace pagequest::cli {

InterruptGuard::InterruptGuard() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &previous_);
}

InterruptGuard::~InterruptGuard() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }

bool InterruptGuard::requested() {
  constexpr timespec kNoWait{};
  if (sigtimedwait(&signals_, nullptr, &kNoWait) > 0) requested_ = true;
  return requested_;
}

}  // namespace pagequest::cli
