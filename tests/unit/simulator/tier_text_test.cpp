// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/units.h"
#include "simulator/tiers/parse_tier.h"
#include "simulator/tiers/prefetch.h"

namespace pagequest::simulator {
namespace {

TEST_CASE("A tier is read from a text, over the figures of its preset") {
  const TierSpec spec =
      parse_tier("ssd:capacity=8TB,read=100Gb/s,latency=80us,eviction=ttl:seconds=5");
  CHECK(spec.name == "ssd");
  CHECK(spec.capacity_bytes == 8e12);
  CHECK(spec.read_bytes_per_s == 12.5e9);
  CHECK(spec.write_bytes_per_s == 6.6e9);
  CHECK(spec.latency_s == Approx(80e-6));
  CHECK(spec.eviction == "ttl:seconds=5");
  CHECK_FALSE(spec.shared);
  CHECK(parse_tier("remote").shared);
  const TierSpec own = parse_tier("cxl:capacity=512GiB,read=30GB/s,size_factor=0.5,shared=true");
  CHECK(own.write_bytes_per_s == 30e9);
  CHECK(own.size_factor == 0.5);
  CHECK(own.shared);
}

TEST_CASE("Bad tier texts are errors that say what is valid") {
  CHECK_THROWS_WITH(parse_tier("dram:size=1TB"), Catch::Contains("capacity"));
  CHECK_THROWS_WITH(parse_tier("dram:capacity=1XB"), Catch::Contains("GiB"));
  CHECK_THROWS_WITH(parse_tier("dram:read=1GB"), Catch::Contains("GB/s"));
  CHECK_THROWS_WITH(parse_tier("tape"), Catch::Contains("dram"));
  CHECK_THROWS_AS(parse_tier("dram:shared=maybe"), Error);
  CHECK_THROWS_AS(parse_tier("dram:eviction=mru"), Error);
  CHECK_THROWS_AS(parse_tier("dram:latency"), Error);
  CHECK_THROWS_AS(parse_tier("dram:latency=1us,latency=2us"), Error);
}

TEST_CASE("Quantities are read with their units") {
  CHECK(parse_bytes("capacity", "1.5KiB") == 1536.0);
  CHECK(parse_bytes("capacity", "2 GB") == 2e9);
  CHECK(parse_bytes("capacity", "17") == 17.0);
  CHECK(parse_bytes_per_s("read", "8Mb/s") == 1e6);
  CHECK(parse_seconds("latency", "250us") == Approx(250e-6));
  CHECK(parse_seconds("latency", "2min") == 120.0);
  for (const char* bad : {"", "GB", "-1GB", "1e400GB", "nan", "1GB/s", "1 GBx"}) {
    INFO(bad);
    CHECK_THROWS_AS(parse_bytes("capacity", bad), Error);
  }
}

TEST_CASE("Prefetch policies plan what and when") {
  const std::vector<BlockId> blocks{1, 2, 3, 4};
  const std::vector<double> attention{0.5, 0.1, 0.1, 0.3};
  const std::vector<BlockId> next{1, 2, 9};
  const WaitingSession session{.blocks = blocks,
                               .attention = attention,
                               .next_prompt = next,
                               .transfer_latency = 100,
                               .block_transfer = 10};
  const auto plan = [&](const char* text) { return make_prefetch_policy(text)->plan(session); };
  CHECK(plan("none").blocks.empty());
  CHECK(plan("oracle").blocks == next);
  CHECK(plan("oracle").start == -130);
  CHECK(plan("recency").blocks == blocks);
  CHECK(plan("recency:blocks=2,ahead=0.5").blocks == std::vector<BlockId>{3, 4});
  CHECK(plan("recency:blocks=2,ahead=0.5").start == -500'000'000);
  CHECK(plan("attention:share=0.75").blocks == std::vector<BlockId>{1, 4});
  CHECK_THROWS_WITH(make_prefetch_policy("recent"), Catch::Contains("recency"));
  CHECK_THROWS_AS(make_prefetch_policy("attention:share=0"), Error);
}

}  // namespace
}  // namespace pagequest::simulator
