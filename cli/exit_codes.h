// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace pagequest::cli {

/// Exit codes of `pagequest`, as docs/cli.md lists them.
enum ExitCode : int {
  kSuccess = 0,
  kInternalError = 1,
  kUsageError = 2,
  kInputError = 3,
  kOutputError = 4,
  kCheckFailed = 5,    // `pagequest check` found a violated invariant
  kDeviceError = 6,    // no GPU or driver, or not enough of its memory
  kInterrupted = 130,  // Ctrl-C; what was whole is on disk
};

[[nodiscard]] constexpr ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return kUsageError;
    case ErrorKind::input:
      return kInputError;
    case ErrorKind::output:
      return kOutputError;
    case ErrorKind::interrupted:
      return kInterrupted;
    case ErrorKind::device:
      return kDeviceError;
  }
  return kInternalError;
}

}  // namespace pagequest::cli
