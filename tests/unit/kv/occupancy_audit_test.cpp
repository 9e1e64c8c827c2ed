// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/occupancy_audit.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/kv/events.h"

using namespace pagequest;
using namespace pagequest::testing;
using kv::Occupancy;
using kv::OccupancyAudit;

namespace {

/// The sink under the name that the helpers of events call.
struct Audit {
  OccupancyAudit audit{{.layers = 2, .kv_heads = 2}, 4};
  void observe(const Event& event) { audit.on(event); }
  Occupancy take() { return audit.take(EpisodeId{0}); }
};

void fill_aux(Audit& audit, std::int32_t first, std::int32_t count, StepKind kind) {
  const std::vector<std::int32_t> tokens(static_cast<std::size_t>(count), 7);
  audit.observe(TokensFilled{.episode = EpisodeId{0},
                             .thread = Thread::auxiliary,
                             .kind = kind,
                             .step = 0,
                             .iteration = 0,
                             .first = first,
                             .tokens = tokens});
}

}  // namespace

TEST_CASE("without an eviction every head holds the sequence") {
  // Decode steps read 9 and 10 tokens, on 3 pages of 4.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  fill(audit, 1, 8, 1);
  fill(audit, 2, 9, 1);
  const Occupancy held = audit.take();
  CHECK(held.decode_steps == 2);
  CHECK(held.mean_tokens == 9.5);
  CHECK(held.peak_tokens == 10.0);
  CHECK(held.kv_reads_tokens == 19.0);
  CHECK(held.mean_page_tokens == 12.0);
  CHECK(held.mean_shared_page_tokens == 12.0);
  CHECK(held.mean_tokens_by_head == std::vector<double>{9.5, 9.5, 9.5, 9.5});
}

TEST_CASE("what one head drops counts for that head, and its page stays in a shared table") {
  // Of 4 heads with 8 tokens one loses a page of 4; the next token makes it 9, 5, 9, 9 on 3, 2, 3
  // and 3 pages: 32 tokens and 11 pages over 4 heads.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted_from(audit, {.layer = 0, .kv_head = 1}, {.first = 0, .count = 4});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.mean_tokens_by_head == std::vector<double>{9, 5, 9, 9});
  CHECK(held.mean_tokens == 8.0);
  CHECK(held.kv_reads_tokens == 8.0);
  CHECK(held.mean_page_tokens == 11.0);
  CHECK(held.mean_shared_page_tokens == 12.0);
}

TEST_CASE("what a layer drops counts for all of its heads") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted_from(audit, {.layer = 1, .kv_head = -1}, {.first = 2, .count = 4});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.mean_tokens_by_head == std::vector<double>{9, 9, 5, 5});
  // No page of theirs is empty: single tokens leave holes.
  CHECK(held.mean_page_tokens == 12.0);
}

TEST_CASE("a page leaves the shared table when the last head has dropped it") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted_from(audit, {.layer = 0, .kv_head = -1}, {.first = 0, .count = 4});
  fill(audit, 1, 8, 1);
  evicted_from(audit, {.layer = 1, .kv_head = -1}, {.first = 0, .count = 4});
  evicted(audit, {.first = 0, .count = 4});
  fill(audit, 2, 9, 1);
  const Occupancy held = audit.take();
  // Heads hold 5, 5, 9, 9 and then 6 each; a shared table 3 pages and then 2.
  CHECK(held.mean_tokens_by_head == std::vector<double>{5.5, 5.5, 7.5, 7.5});
  CHECK(held.mean_tokens == 6.5);
  CHECK(held.mean_shared_page_tokens == 10.0);
  CHECK(held.mean_page_tokens == 9.0);  // (2 + 2 + 3 + 3) / 4 and 2 pages
}

TEST_CASE("what all heads drop at once counts once for each") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted(audit, {.first = 0, .count = 4});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.mean_tokens == 5.0);
  CHECK(held.mean_tokens_by_head == std::vector<double>{5, 5, 5, 5});
}

TEST_CASE("the peak is what a step left before its evictions") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted(audit, {.first = 0, .count = 4});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.peak_tokens == 8.0);
  CHECK(held.peak_page_tokens == 8.0);
  CHECK(held.peak_shared_page_tokens == 8.0);
}

TEST_CASE("the auxiliary thread reads what it shares and adds its own") {
  // Forked at 8 tokens, 3 of its own, then one decoded: it reads 8 + 4. The main thread reads 9.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  audit.observe(
      AuxForked{.episode = EpisodeId{0}, .turn = 0, .step = 0, .fork_point = 8, .shared_pages = 2});
  fill_aux(audit, 8, 3, StepKind::prefill);
  fill_aux(audit, 11, 1, StepKind::decode);
  join(audit, {});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.decode_steps == 1);
  CHECK(held.kv_reads_tokens == 21.0);
  CHECK(held.peak_tokens == 9.0);
  CHECK(held.peak_tokens_with_aux == 12.0);
  CHECK(held.mean_tokens == 9.0);
}
