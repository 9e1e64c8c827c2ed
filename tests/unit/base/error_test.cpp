// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <string>

#include <catch2/catch.hpp>

using namespace pagequest;

TEST_CASE("An error's message carries what, where, found, expected and hint") {
  const Error error = input_error({.what = "can't read the trace",
                                   .where = "a.h5",
                                   .found = "version 9",
                                   .expected = "version 1",
                                   .hint = "update PageQuest"});
  CHECK(std::string(error.what()) ==
        "can't read the trace\n  where:    a.h5\n  found:    version 9\n"
        "  expected: version 1\n  hint:     update PageQuest");
  CHECK(error.kind() == ErrorKind::input);
}

TEST_CASE("Empty fields of an error are left out of its message") {
  const Error error = usage_error({.what = "no such thing", .hint = "look again"});
  CHECK(std::string(error.what()) == "no such thing\n  hint:     look again");
}
