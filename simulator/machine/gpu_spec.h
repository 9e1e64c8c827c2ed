// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "simulator/machine/figure.h"
#include "simulator/machine/kernel_efficiency.h"

namespace pagequest::simulator {

/// A link between memories, one direction.
struct LinkSpec {
  Figure bytes_per_s;
  Figure latency_us;
};

/// One GPU (or a CPU that computes the model), of the catalog or of a user's file.
struct GpuSpec {
  std::string name;
  std::string description;
  Figure hbm_bytes;
  Figure hbm_bytes_per_s;
  Figure bf16_flops;  // dense, a second
  Figure fp8_flops;
  /// Memory that the driver, the libraries and captured graphs hold beside weights and activations.
  Figure runtime_bytes;
  Figure gpus_per_node;
  LinkSpec peer_link;     // to the other GPUs of a node (NVLink, Infinity Fabric)
  LinkSpec host_link;     // to the node's memory (PCIe)
  LinkSpec network_link;  // to other nodes, per GPU
  Figure usd_per_hour;    // rent of one GPU
  KernelEfficiency efficiency;
};

}  // namespace pagequest::simulator
