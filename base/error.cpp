// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <utility>

namespace pagequest {
namespace {

void append(std::string& out, const char* label, const std::string& value) {
  if (value.empty()) return;
  out += "\n  ";
  out += label;
  out += value;
}

std::string render(const ErrorInfo& info) {
  std::string out = info.what;
  append(out, "where:    ", info.where);
  append(out, "found:    ", info.found);
  append(out, "expected: ", info.expected);
  append(out, "hint:     ", info.hint);
  return out;
}

}  // namespace

Error::Error(ErrorKind kind, ErrorInfo info)
    : kind_(kind), info_(std::move(info)), message_(render(info_)) {}

Error usage_error(ErrorInfo info) { return {ErrorKind::usage, std::move(info)}; }
Error input_error(ErrorInfo info) { return {ErrorKind::input, std::move(info)}; }
Error output_error(ErrorInfo info) { return {ErrorKind::output, std::move(info)}; }
Error device_error(ErrorInfo info) { return {ErrorKind::device, std::move(info)}; }

}  // namespace pagequest
