// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "traces/header.h"

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/temporary_folder.h"
#include "traces/reader.h"
#include "traces/writer.h"

using namespace pagequest;
using traces::Header;

namespace {

Header full_header() {
  return {.model = "pocket, sha256 \u00e9\u4e16",
          .task = "pocket-hops",
          .setting = "default",
          .policy = "h2o",
          .policy_params = {{"score", "mean"}, {"recent_share", "0.5"}, {"empty", ""}},
          .budget_tokens = 512,
          .seed = 0xfedcba9876543210ULL,
          .page_size = 16,
          .layers = 6,
          .query_heads = 8,
          .kv_heads = 2,
          .head_dim = 32,
          .prefill_rows = 8,
          .episodes_planned = 200,
          .kv_storage = "bf16",
          .kv_tables = "per_head",
          .windows = {0, 128, 0, 128, 0, 128},
          .captures = {.sink_share = true,
                       .query_heads = true,
                       .query_cosine = true,
                       .key_bounds = true,
                       .requantisations = true,
                       .key_reads = true,
                       .thresholds = {0.01F, 0.5F}},
          .kernel_timing =
              traces::KernelTiming{.clock = "cupti", .copy_gbps = 3021.5, .matmul_tflops = 712.25},
          .config_json = std::string(200000, 'x'),
          .version = "0.1.0",
          .commit = ""};
}

Header written_and_read(const Header& header) {
  const testing::TemporaryFolder folder;
  traces::Writer(folder / "t.h5", header).close();
  return traces::Reader(folder / "t.h5").header();
}

}  // namespace

TEST_CASE("every field of the header is read back") {
  const Header written = full_header();
  const Header read = written_and_read(written);
  CHECK(read.model == written.model);
  CHECK(read.task == written.task);
  CHECK(read.setting == written.setting);
  CHECK(read.policy == written.policy);
  CHECK(read.policy_params == written.policy_params);
  CHECK(read.budget_tokens == written.budget_tokens);
  CHECK(read.seed == written.seed);
  CHECK(read.page_size == written.page_size);
  CHECK(read.layers == written.layers);
  CHECK(read.query_heads == written.query_heads);
  CHECK(read.kv_heads == written.kv_heads);
  CHECK(read.head_dim == written.head_dim);
  CHECK(read.prefill_rows == written.prefill_rows);
  CHECK(read.episodes_planned == written.episodes_planned);
  CHECK(read.config_json == written.config_json);
  CHECK(read.version == written.version);
  CHECK(read.commit == written.commit);
  CHECK(read.kv_storage == written.kv_storage);
  CHECK(read.kv_tables == written.kv_tables);
  CHECK(read.windows == written.windows);
  CHECK(read.captures == written.captures);
  CHECK(read.kernel_timing == written.kernel_timing);
}

TEST_CASE("a header without windows and captures is read back without them") {
  Header header = full_header();
  header.windows.clear();
  header.captures = {};
  const Header read = written_and_read(header);
  CHECK(read.windows.empty());
  CHECK_FALSE(read.has_windows());
  CHECK(read.captures == traces::Captures{});
}

TEST_CASE("a header without kernel times, and one without ceilings, is read back so") {
  Header header = full_header();
  header.kernel_timing = traces::KernelTiming{.clock = "host"};
  CHECK(written_and_read(header).kernel_timing == traces::KernelTiming{.clock = "host"});
  header.kernel_timing.reset();
  CHECK_FALSE(written_and_read(header).kernel_timing.has_value());
}

TEST_CASE("a trace without episodes is a trace") {
  const testing::TemporaryFolder folder;
  traces::Writer(folder / "t.h5", full_header()).close();
  const traces::Reader reader(folder / "t.h5");
  CHECK(reader.was_closed());
  CHECK(reader.episodes().empty());
  CHECK(reader.unfinished().empty());
}
