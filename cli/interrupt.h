// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace pagequest::cli {

/// While alive, Ctrl-C and SIGTERM don't end the process but wait to be asked for. Blocking them
/// and polling needs no handler and so no global state; threads started meanwhile inherit the mask.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// Whether one of the signals has arrived since the guard was made.
  [[nodiscard]] bool requested();

 private:
  sigset_t signals_;
  sigset_t previous_;
  bool requested_ = false;
};

}  // namespace pagequest::cli
