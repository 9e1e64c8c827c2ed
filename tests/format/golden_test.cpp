// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/trace_events.h"
#include "traces/check.h"
#include "traces/reader.h"

// Files that earlier versions wrote stay readable and mean the same. golden/v<n>.h5 was written by
// the recorder when version n was defined, from two synthetic episodes of five turns; v2 has
// windows, sinks and all captures, v3 the kernel times of twenty forward passes, v5 all captures
// too.

using namespace pagequest;

namespace {

/// FNV-1a over the numbers of every event, in order.
class Digest final : public EventSink, public traces::KernelTimesSink {
 public:
  void on(const Event& event) override {
    add(event.index());
    ++counts[event.index()];
    std::visit(
        Overloaded{
            [this](const TokensFilled& e) {
              add(e.thread, e.kind, e.step, e.iteration, e.first);
              add_all(e.tokens);
            },
            [this](const PagesAttended& e) {
              add(e.thread, e.step, e.query_rows, e.layers, e.kv_heads);
              add_all(e.pages);
              add_all(e.mean);
              add_all(e.max);
              add_all(e.first_page);
              add_all(e.sink_share);
              add_all(e.query_head_mass);
              add_all(e.thresholds);
              add_all(e.tokens_above);
              add_all(e.query_cosine);
            },
            [this](const KeysBounded& e) {
              add(e.thread, e.step, e.page, e.layers, e.kv_heads, e.head_dim);
              add_all(e.lowest);
              add_all(e.highest);
            },
            [this](const TokensEvicted& e) {
              add(e.step, e.turn, e.span.first, e.span.count, e.tokens);
            },
            [this](const HeadTokensEvicted& e) {
              add(e.step, e.turn, e.layer, e.kv_head, e.span.first, e.span.count, e.tokens);
            },
            [this](const TokensRequantised& e) {
              add(e.step, e.turn, e.layer, e.kv_head, e.span.first, e.span.count, e.tokens,
                  e.key_bits, e.value_bits);
            },
            [this](const KeysRead& e) {
              add(e.thread, e.step, e.layers, e.kv_heads);
              add_all(e.tokens);
            },
            [this](const PageFreed& e) { add(e.thread, e.step, e.page); },
            [this](const TurnBegan& e) { add(e.turn); },
            [this](const ToolResponded& e) {
              add(e.turn, e.cursor, e.call.first, e.call.count, e.response.first, e.response.count);
              add_all(e.tool);
            },
            [this](const AuxForked& e) { add(e.turn, e.step, e.fork_point, e.shared_pages); },
            [this](const AuxJoined& e) {
              add(e.turn, e.tokens, e.parsed);
              add_all(e.cursors);
            },
            [this](const EpisodeEnded& e) {
              add(e.outcome, e.correct, e.strict, e.turns, e.needed_calls, e.calls, e.peak_tokens,
                  e.peak_tokens_with_aux, e.aux_tokens, e.kv_reads_tokens);
            },
            [](const EpisodeBegan&) {}},
        event);
  }

  /// The same over kernel times.
  void on(const traces::KernelBatch& part) override {
    for (const std::string& name : part.names) add_all(name);
    for (const Operation& o : part.operations) {
      add(o.iteration, o.layer, o.kind, o.phase, o.bytes, o.flops);
    }
    for (const traces::KernelRun& run : part.runs) {
      add(run.operation, run.name, run.stream, run.start_ns, run.duration_ns);
    }
    add(part.dropped);
  }

  std::uint64_t value = 0xcbf29ce484222325ULL;
  std::array<int, std::variant_size_v<Event>> counts{};

 private:
  template <class... Ts>
  void add(const Ts&... numbers) {
    (add_bytes(static_cast<std::uint64_t>(numbers)), ...);
  }
  template <class Range>
  void add_all(const Range& range) {
    for (const auto& element : range) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &element, sizeof element);
      add_bytes(bits);
    }
  }
  void add_bytes(std::uint64_t bits) {
    for (int byte = 0; byte < 8; ++byte) {
      value = (value ^ (bits >> (8 * byte) & 0xff)) * 0x100000001b3ULL;
    }
  }
};

}  // namespace

TEST_CASE("the golden file of version 1 gives the events that were recorded") {
  const traces::Reader reader("tests/format/golden/v1.h5");
  REQUIRE(reader.episodes().size() == 2);
  CHECK(reader.header().model == "synthetic");
  CHECK(reader.header().policy_params.at("evict_call") == "false");
  Digest digest;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, digest);
  CHECK(digest.counts == std::array<int, 14>{2, 97, 97, 2, 2, 10, 8, 4, 2, 2, 0, 0, 0, 0});
  CHECK(digest.value == 0xd928850d7aaff0c9ULL);
  CHECK(traces::check_trace(reader).empty());
}

TEST_CASE("a file of version 1 is one without windows, sinks and captures") {
  const traces::Header header = traces::Reader("tests/format/golden/v1.h5").header();
  CHECK(header.kv_storage == "f32");
  CHECK(header.kv_tables == "shared");
  CHECK(header.windows.empty());
  CHECK(header.captures == traces::Captures{});
}

TEST_CASE("the golden file of version 2 gives the events that were recorded") {
  const traces::Reader reader("tests/format/golden/v2.h5");
  REQUIRE(reader.episodes().size() == 2);
  CHECK(reader.header().windows == std::vector<std::int32_t>{0, 20});
  CHECK(reader.header().captures.thresholds == std::vector<float>{0.01F, 0.05F});
  Digest digest;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, digest);
  CHECK(digest.counts == std::array<int, 14>{2, 129, 129, 1, 2, 10, 8, 4, 2, 2, 41, 0, 0, 0});
  CHECK(digest.value == 0x15b6d9138d7aa568ULL);
  CHECK(traces::check_trace(reader).empty());
}

TEST_CASE("a file of version 2 is one without kernel times") {
  const traces::Reader reader("tests/format/golden/v2.h5");
  CHECK_FALSE(reader.header().kernel_timing.has_value());
  CHECK(reader.kernel_counts() == traces::KernelCounts{});
}

TEST_CASE("the golden file of version 3 gives the events and kernel times that were recorded") {
  const traces::Reader reader("tests/format/golden/v3.h5");
  REQUIRE(reader.episodes().size() == 2);
  CHECK(reader.header().kernel_timing ==
        traces::KernelTiming{.clock = "cupti", .copy_gbps = 3000.5, .matmul_tflops = 700.25});
  CHECK(reader.kernel_counts().operations == 320);
  Digest events;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, events);
  CHECK(events.counts == std::array<int, 14>{2, 129, 129, 1, 2, 10, 8, 4, 2, 2, 0, 0, 0, 0});
  CHECK(events.value == 0xa5342f04d90ad679ULL);
  Digest kernels;
  reader.replay_kernels(kernels);
  CHECK(kernels.value == 0x0ca00c2b38b36820ULL);
  CHECK(traces::check_trace(reader).empty());
}

TEST_CASE("a file of version 3 is one without evictions from single heads") {
  CHECK_FALSE(traces::Reader("tests/format/golden/v3.h5").header().captures.head_evictions);
}

TEST_CASE("the golden file of version 4 gives the evictions from single heads too") {
  // Recorded with the pocket model: h2o, sharing=head, 64 tokens, pages of 8, tiny.
  const traces::Reader reader("tests/format/golden/v4.h5");
  REQUIRE(reader.episodes().size() == 1);
  CHECK(reader.header().kv_tables == "per_head");
  Digest digest;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, digest);
  CHECK(digest.counts == std::array<int, 14>{1, 48, 48, 6, 6, 4, 3, 0, 0, 1, 0, 104, 0, 0});
  CHECK(digest.value == 0x35077ebbc1d1c4c8ULL);
  CHECK(traces::check_trace(reader).empty());
}

TEST_CASE("a file of version 4 is one without changes of precision and selected keys") {
  const traces::Captures captures = traces::Reader("tests/format/golden/v4.h5").header().captures;
  CHECK_FALSE(captures.requantisations);
  CHECK_FALSE(captures.key_reads);
}

TEST_CASE("the golden file of version 5 gives the changes of precision and the keys read too") {
  const traces::Reader reader("tests/format/golden/v5.h5");
  REQUIRE(reader.episodes().size() == 2);
  Digest digest;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, digest);
  CHECK(digest.counts == std::array<int, 14>{2, 129, 129, 1, 2, 10, 8, 4, 2, 2, 41, 0, 31, 106});
  CHECK(digest.value == 0x3350c2cea26a5386ULL);
  CHECK(traces::check_trace(reader).empty());
}
