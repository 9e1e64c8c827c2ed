// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace pagequest {

/// Reports a broken invariant and aborts. Only a programmer's mistake gets here, never input.
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace pagequest

#define PQ_CHECK(condition, why) \
  ((condition) ? void(0) : ::pagequest::check_failed(#condition, why, __FILE__, __LINE__))
