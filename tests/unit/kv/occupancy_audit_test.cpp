// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/kv/occupancy_audit.h"

#include <vector>

#include <catch2/catch.hpp>

#include "tests/unit/kv/verdicts.h"

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
  CHECK(held.dropped_tokens == 1.0);
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
  CHECK(held.dropped_tokens == 4.0);
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

namespace {

void read_keys(Audit& audit, Thread thread, const std::vector<std::int32_t>& tokens) {
  audit.observe(KeysRead{.episode = EpisodeId{0},
                         .thread = thread,
                         .step = 0,
                         .layers = 2,
                         .kv_heads = 2,
                         .tokens = tokens});
}

}  // namespace

TEST_CASE("without a change of precision the stored size is that of the live tokens") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted_from(audit, {.layer = 0, .kv_head = 1}, {.first = 0, .count = 4});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.mean_stored_tokens == held.mean_tokens);
  CHECK(held.peak_stored_tokens == held.peak_tokens);
}

TEST_CASE("tokens count by their bits, 32 of a key and a value element for a whole one") {
  // 8 tokens in 4 heads. All store 4 with 8 + 8 bits: 6 each. Layer 1 stores 2 of these with 4 + 2:
  // 6 - 2 * 16/32 + 2 * 6/32 = 5.375 each. One of its heads stores its other half with 2 + 2:
  // 4 * 4/32 instead of 4: 1.875. The step adds one token to each.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  requantise(audit, {0, 4}, {8, 8}, {});
  requantise(audit, {0, 2}, {4, 2}, {.layer = 1});
  requantise(audit, {4, 4}, {2, 2}, {.layer = 1, .kv_head = 0});
  fill(audit, 1, 8, 1);
  const Occupancy held = audit.take();
  CHECK(held.mean_stored_tokens == (7.0 + 7.0 + 2.875 + 6.375) / 4);
  CHECK(held.peak_stored_tokens == 8.0);  // behind the prefill
  CHECK(held.mean_tokens == 9.0);
}

TEST_CASE("what is dropped takes its own bits along, and no change brings it back") {
  // Tokens 0 and 1 are stored with 8 + 8 bits in all heads; one head loses token 0, all lose 1 and
  // 2. Of 4 and the new one that leaves 2 whole ones, and half a token in three heads.
  Audit audit;
  fill(audit, 0, 0, 4, StepKind::prefill);
  requantise(audit, {0, 2}, {8, 8}, {});
  evicted_from(audit, {.layer = 0, .kv_head = 0}, {0, 1});
  evicted(audit, {1, 2});
  requantise(audit, {1, 2}, {16, 16}, {});
  fill(audit, 1, 4, 1);
  CHECK(audit.take().mean_stored_tokens == (2.0 + 2.5 * 3) / 4);
}

TEST_CASE("rows touched are whole pages with their dead rows, rows with weight are live tokens") {
  // Tokens 1 to 3 of the first page of 4 go: the next two steps read 6 and 7 live tokens in the
  // 12 rows of 3 pages.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  evicted(audit, {1, 3});
  fill(audit, 1, 8, 1);
  fill(audit, 2, 9, 1);
  const Occupancy held = audit.take();
  CHECK(held.kv_reads_tokens == 6.0 + 7.0);
  CHECK(held.kv_rows_touched_tokens == 12.0 + 12.0);
}

TEST_CASE("a step that selects its keys reads and touches those instead of all") {
  // The first step reads all 9 tokens, the second 2, 4, 6 and 8 of 10 in the four heads.
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  fill(audit, 1, 8, 1);
  fill(audit, 2, 9, 1);
  read_keys(audit, Thread::main, {2, 4, 6, 8});
  fill(audit, 3, 10, 1);
  const Occupancy held = audit.take();
  CHECK(held.kv_reads_tokens == 9.0 + 5.0 + 11.0);
  CHECK(held.kv_rows_touched_tokens == 12.0 + 5.0 + 12.0);
  CHECK(held.mean_tokens == 10.0);
}

TEST_CASE("an auxiliary step that selects its keys changes its own reads alone") {
  Audit audit;
  fill(audit, 0, 0, 8, StepKind::prefill);
  audit.observe(
      AuxForked{.episode = EpisodeId{0}, .turn = 0, .step = 0, .fork_point = 8, .shared_pages = 2});
  fill_aux(audit, 8, 1, StepKind::decode);
  fill(audit, 1, 8, 1);
  read_keys(audit, Thread::auxiliary, {3, 3, 3, 3});
  const Occupancy held = audit.take();
  CHECK(held.kv_reads_tokens == 3.0 + 9.0);
  CHECK(held.kv_rows_touched_tokens == 12.0);
}
