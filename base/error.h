// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace pagequest {

/// What a user or a file got wrong. Every field is a phrase, not a sentence:
/// `what` failed, `where` (file, option, dataset, line), what was `found`, what was `expected`,
/// and a `hint` that says what to do. Empty fields are left out of the message.
struct ErrorInfo {
  std::string what;
  std::string where;
  std::string found;
  std::string expected;
  std::string hint;
};

/// Classes of failure that the command line maps to exit codes (docs/cli.md).
enum class ErrorKind {
  usage,        // unknown name, impossible option or budget
  input,        // a file that is missing, truncated, corrupt or foreign
  output,       // a file that can't be written, a full disk
  interrupted,  // the user asked to stop
  device,       // no GPU or driver, or not enough of its memory
};

/// Thrown for bad input of a user or a file; never for a programmer's mistake (see check.h).
class Error : public std::exception {
 public:
  Error(ErrorKind kind, ErrorInfo info);
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
  [[nodiscard]] const ErrorInfo& info() const noexcept { return info_; }

 private:
  ErrorKind kind_;
  ErrorInfo info_;
  std::string message_;
};

[[nodiscard]] Error usage_error(ErrorInfo info);
[[nodiscard]] Error input_error(ErrorInfo info);
[[nodiscard]] Error output_error(ErrorInfo info);
[[nodiscard]] Error device_error(ErrorInfo info);

}  // namespace pagequest
