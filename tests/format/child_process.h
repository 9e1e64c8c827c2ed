// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

namespace pagequest::testing {

/// Runs `work` in a forked child that then exits as a program does. Returns the wait status. A
/// child that hangs is ended by SIGALRM.
inline int run_in_child(const std::function<void()>& work) {
  std::fflush(nullptr);  // or the child would print the parent's buffers again
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    work();
    std::exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace pagequest::testing
