// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/tiers/parse_tier.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/named_text.h"
#include "base/units.h"

namespace pagequest::simulator {
namespace {

// PCIe 5.0 x16 carries 32 GT/s x 16 lanes x 128/130 = 63 GB/s each way (PCI Express Base
// Specification 5.0); copies of pinned memory are assumed to reach 0.87 of it, launch and
// completion to take 10 us (assumptions, as is 1 TB). Samsung PM1743 (PCIe 5.0 x4, 15.36 TB): 13
// GB/s sequential read, 6.6 GB/s write, as its maker announced in December 2021; 100 us is the
// order of a read of TLC flash (assumption). One port of 100 Gb/s: 12.5 GB/s less framing (4 KiB
// RDMA packets: 0.97); 50 us for a request, a look-up and an answer in the data centre, and 100 TB
// for the store, are assumptions.
constexpr std::array kPresets{
    TierPreset{"dram", "Host memory of one replica over PCIe 5.0 x16: 1 TB, 55 GB/s, 10 us", 1e12,
               55e9, 55e9, 10e-6, false},
    TierPreset{"remote",
               "Store of all replicas behind one port of 100 Gb/s: 100 TB, 12 GB/s, 50 us", 100e12,
               12e9, 12e9, 50e-6, true},
    TierPreset{"ssd", "NVMe drive of one replica: 15.36 TB, 13 GB/s read, 6.6 GB/s write, 100 us",
               15.36e12, 13e9, 6.6e9, 100e-6, false},
};

const std::string kNotGiven;

const std::array kParameters{
    ParamSpec{"admission", kNotGiven, "all or second_touch (blocks that were offered before)"},
    ParamSpec{"capacity", kNotGiven, "bytes, of each copy: 1TB, 512GiB"},
    ParamSpec{"decode", kNotGiven, "bytes/s at which the encoding is decoded on the way up"},
    ParamSpec{"eviction", kNotGiven, "a cache policy: lru, lfu, ttl:seconds=60"},
    ParamSpec{"latency", kNotGiven, "time before a transfer's first byte: 10us"},
    ParamSpec{"read", kNotGiven, "bytes/s towards the GPU: 55GB/s, 100Gb/s"},
    ParamSpec{"shared", kNotGiven, "true: one for all replicas, links included; false: one each"},
    ParamSpec{"size_factor", kNotGiven, "bytes stored and moved per byte of keys and values"},
    ParamSpec{"write", kNotGiven, "bytes/s from the GPU"},
};

TierSpec from_preset(const std::string& name) {
  TierSpec spec{.name = name};
  const auto preset = std::find_if(kPresets.begin(), kPresets.end(),
                                   [&](const TierPreset& entry) { return entry.name == name; });
  if (preset == kPresets.end()) return spec;
  spec.capacity_bytes = preset->capacity_bytes;
  spec.read_bytes_per_s = preset->read_bytes_per_s;
  spec.write_bytes_per_s = preset->write_bytes_per_s;
  spec.latency_s = preset->latency_s;
  spec.shared = preset->shared;
  return spec;
}

double parse_factor(const std::string& text) {
  const ParamSpec number{"size_factor", 1.0, ""};
  return Params("tier", {&number, 1}, {{"size_factor", text}}).real("size_factor");
}

bool parse_flag(const std::string& text) {
  const ParamSpec flag{"shared", false, ""};
  return Params("tier", {&flag, 1}, {{"shared", text}}).flag("shared");
}

void set_figures(const Params& params, TierSpec& spec) {
  const auto set = [&](std::string_view key, double& figure, auto parse) {
    if (const std::string& text = params.text(key); !text.empty()) {
      figure = parse("tier " + spec.name + ": " + std::string(key), text);
    }
  };
  set("capacity", spec.capacity_bytes, parse_bytes);
  set("read", spec.read_bytes_per_s, parse_bytes_per_s);
  set("write", spec.write_bytes_per_s, parse_bytes_per_s);
  set("latency", spec.latency_s, parse_seconds);
  set("decode", spec.decode_bytes_per_s, parse_bytes_per_s);
  if (spec.write_bytes_per_s <= 0.0) spec.write_bytes_per_s = spec.read_bytes_per_s;
}

void set_choices(const Params& params, TierSpec& spec) {
  const auto given = [&](std::string_view key) { return !params.text(key).empty(); };
  if (given("eviction")) spec.eviction = params.text("eviction");
  if (given("admission")) spec.admission = params.text("admission");
  if (given("size_factor")) spec.size_factor = parse_factor(params.text("size_factor"));
  if (given("shared")) spec.shared = parse_flag(params.text("shared"));
}

void require_figures(const TierSpec& spec) {
  if (spec.capacity_bytes > 0.0 && spec.read_bytes_per_s > 0.0) return;
  throw usage_error({.what = "a tier without a capacity or a read bandwidth",
                     .where = "tier " + spec.name,
                     .found = {},
                     .expected = "capacity=... and read=..., or one of dram, remote, ssd",
                     .hint = spec.name + ":capacity=1TB,read=50GB/s"});
}

}  // namespace

std::span<const TierPreset> tier_presets() { return kPresets; }
std::span<const ParamSpec> tier_parameters() { return kParameters; }

TierSpec parse_tier(const std::string& text) {
  const NamedText named = parse_named_text("tier", text);
  const Params params("tier " + named.name, kParameters, named.given);
  TierSpec spec = from_preset(named.name);
  set_figures(params, spec);
  set_choices(params, spec);
  require_figures(spec);
  (void)make_block_cache(spec.eviction);  // unknown policies are told here, not when the run starts
  return spec;
}

}  // namespace pagequest::simulator
