// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <nlohmann/json.hpp>

#include "simulator/machine/catalog.h"
#include "simulator/machine/json_members.h"

namespace pagequest::simulator {
namespace {

constexpr const char* kHint = "compare with the files of simulator/machine/catalog";
constexpr double kLeastShare = 0.001;
constexpr double kMostMicroseconds = 1e6;

double share(JsonMembers& in, const std::string& key) { return in.real(key, kLeastShare, 1.0); }
double micros(JsonMembers& in, const std::string& key) {
  return in.real(key, 0.0, kMostMicroseconds);
}

ProductEfficiency product(JsonMembers in) {
  ProductEfficiency out;
  out.floor_us = micros(in, "floor_us");
  out.weight_read = share(in, "weight_read");
  out.flops = share(in, "flops");
  out.input_bytes = in.real("input_bytes", 0.0, 100.0);
  out.output_bytes = in.real("output_bytes", 0.0, 100.0);
  out.tile = in.integer("tile", 1, 4096);
  out.tail_outputs = in.real("tail_outputs", 0.0, 1e9);
  out.source = in.text("source");
  in.done();
  return out;
}

DecodeAttentionEfficiency decode_attention(JsonMembers in) {
  DecodeAttentionEfficiency out;
  out.floor_us = micros(in, "floor_us");
  out.head_ns = in.real("head_ns", 0.0, 1e6);
  out.free_heads = in.real("free_heads", 0.0, 1e6);
  out.ramp_bandwidth = share(in, "ramp_bandwidth");
  out.ramp_us = micros(in, "ramp_us");
  out.full_bandwidth = share(in, "full_bandwidth");
  out.sequence_bandwidth = share(in, "sequence_bandwidth");
  out.skew = in.real("skew", 0.0, 1.0);
  out.source = in.text("source");
  in.done();
  return out;
}

PrefillAttentionEfficiency prefill_attention(JsonMembers in) {
  PrefillAttentionEfficiency out;
  out.floor_us = micros(in, "floor_us");
  out.flops = share(in, "flops");
  out.flops_small = share(in, "flops_small");
  out.diagonal_keys = in.real("diagonal_keys", 0.0, 1e6);
  out.token_traffic = in.real("token_traffic", 0.0, 100.0);
  out.source = in.text("source");
  in.done();
  return out;
}

AllReduceEfficiency all_reduce(JsonMembers in) {
  AllReduceEfficiency out;
  out.one_shot_us = micros(in, "one_shot_us");
  out.ring_us = micros(in, "ring_us");
  out.bandwidth = share(in, "bandwidth");
  out.source = in.text("source");
  in.done();
  return out;
}

KernelEfficiency parse_efficiency(JsonMembers in) {
  KernelEfficiency out;
  out.bf16_product = product(in.object("bf16_product"));
  out.fp8_product = product(in.object("fp8_product"));
  out.expert_product = in.figure("expert_product", kLeastShare, 1.0);
  out.decode_attention = decode_attention(in.object("decode_attention"));
  out.decode_attention_fp8 = decode_attention(in.object("decode_attention_fp8"));
  out.decode_window_attention = decode_attention(in.object("decode_window_attention"));
  out.prefill_attention = prefill_attention(in.object("prefill_attention"));
  out.all_reduce = all_reduce(in.object("all_reduce"));
  out.elementwise = in.figure("elementwise", kLeastShare, 1.0);
  out.layer_overhead_us = in.figure("layer_overhead_us", 0.0, kMostMicroseconds);
  out.iteration_overhead_us = in.figure("iteration_overhead_us", 0.0, kMostMicroseconds);
  out.sequence_overhead_us = in.figure("sequence_overhead_us", 0.0, kMostMicroseconds);
  in.done();
  return out;
}

/// {"as": name of a catalog GPU, "source": why its kernels stand for this one's}
KernelEfficiency borrowed_efficiency(JsonMembers in) {
  const std::string name = in.text("as");
  const std::string source = in.text("source");
  in.done();
  KernelEfficiency out = catalog_gpu(name).efficiency;
  for (std::string* text :
       {&out.bf16_product.source, &out.fp8_product.source, &out.expert_product.source,
        &out.decode_attention.source, &out.decode_attention_fp8.source,
        &out.decode_window_attention.source, &out.prefill_attention.source, &out.all_reduce.source,
        &out.elementwise.source, &out.layer_overhead_us.source, &out.iteration_overhead_us.source,
        &out.sequence_overhead_us.source}) {
    *text += " (of " + name + ": " + source + ")";
  }
  return out;
}

LinkSpec link(JsonMembers in) {
  LinkSpec out{in.figure("bytes_per_s", 1e3, 1e18),
               in.figure("latency_us", 0.0, kMostMicroseconds)};
  in.done();
  return out;
}

}  // namespace

GpuSpec parse_gpu(std::string_view json, const std::string& where) {
  const auto root = parse_json(json, where, kHint);
  JsonMembers in(root, where, kHint);
  GpuSpec out;
  out.name = in.text("name");
  out.description = in.text("description");
  out.hbm_bytes = in.figure("hbm_bytes", 1e6, 1e15);
  out.hbm_bytes_per_s = in.figure("hbm_bytes_per_s", 1e6, 1e18);
  out.bf16_flops = in.figure("bf16_flops", 1e6, 1e20);
  out.fp8_flops = in.figure("fp8_flops", 1e6, 1e20);
  out.runtime_bytes = in.figure("runtime_bytes", 0.0, 1e15);
  out.gpus_per_node = in.figure("gpus_per_node", 1.0, 1024.0);
  out.peer_link = link(in.object("peer_link"));
  out.host_link = link(in.object("host_link"));
  out.network_link = link(in.object("network_link"));
  out.usd_per_hour = in.figure("usd_per_hour", 0.0, 1e6);
  const bool borrowed = in.at("efficiency").is_object() && in.at("efficiency").contains("as");
  out.efficiency = borrowed ? borrowed_efficiency(in.object("efficiency"))
                            : parse_efficiency(in.object("efficiency"));
  in.done();
  return out;
}

}  // namespace pagequest::simulator
