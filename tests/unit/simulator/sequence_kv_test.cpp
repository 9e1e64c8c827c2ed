// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/memory/sequence_kv.h"

#include <catch2/catch.hpp>

using namespace pagequest::simulator;

TEST_CASE("An auxiliary thread holds pages for its own tokens only") {
  SequenceKv kv(4);
  kv.main().grow(8);
  kv.fork();
  CHECK(kv.pages() == 2);
  kv.aux()->grow(4);
  CHECK(kv.pages() == 3);
  CHECK(kv.aux()->read_tokens() == 12);
  kv.join();
  CHECK(kv.pages() == 2);
}

TEST_CASE("A fork inside a page copies that page when it writes") {
  SequenceKv kv(4);
  kv.main().grow(6);
  kv.fork();
  kv.aux()->grow(1);
  CHECK(kv.pages() == 3);
  kv.aux()->grow(1);  // fills the copy: positions 4, 5 of the parent and 6, 7 of its own
  CHECK(kv.pages() == 3);
  kv.aux()->grow(1);
  CHECK(kv.pages() == 4);
}

TEST_CASE("What the main thread drops stays while an auxiliary thread reads it") {
  SequenceKv kv(4);
  kv.main().grow(12);
  kv.fork();
  kv.main().grow(4);
  CHECK(kv.evict({4, 12}) == 12);
  CHECK(kv.main().pages() == 1);
  CHECK(kv.pages() == 3);  // pages 1 and 2 are shared, page 3 was the main thread's own
  kv.join();
  CHECK(kv.pages() == 1);
}

TEST_CASE("A preemption takes everything, and both threads recompute") {
  SequenceKv kv(4);
  kv.main().grow(8);
  kv.fork();
  kv.aux()->grow(3);
  kv.evict({0, 4});
  kv.lose();
  CHECK(kv.pages() == 0);
  CHECK(kv.resident_live_tokens() == 0);
  CHECK(kv.main().missing_tokens() == 4);
  CHECK(kv.aux()->missing_tokens() == 3);
}
