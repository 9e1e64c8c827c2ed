// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "tracer/kernel_timer.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "tracer/cupti_timer.h"
#include "tracer/device_event_timer.h"
#include "tracer/host_timer.h"

namespace pagequest::tracer {
namespace {

constexpr std::array<std::pair<std::string_view, KernelClock>, 4> kClocks{
    {{"auto", KernelClock::automatic},
     {"cupti", KernelClock::cupti},
     {"events", KernelClock::events},
     {"host", KernelClock::host}}};

std::string_view name_of(KernelClock clock) {
  for (const auto& [name, value] : kClocks) {
    if (value == clock) return name;
  }
  return {};
}

ChosenTimer timer_of_gpu(KernelClock wanted) {
  if (wanted == KernelClock::events) return {std::make_unique<DeviceEventTimer>(), {}};
  if (wanted == KernelClock::cupti) return {make_cupti_timer(), {}};
  try {
    return {make_cupti_timer(), {}};
  } catch (const Error& error) {
    return {std::make_unique<DeviceEventTimer>(), error.what()};
  }
}

}  // namespace

KernelClock kernel_clock_named(std::string_view name) {
  std::string valid = "off";
  for (const auto& [known, clock] : kClocks) {
    if (known == name) return clock;
    valid += ", " + std::string(known);
  }
  throw usage_error({.what = "an unknown clock for kernel times",
                     .where = {},
                     .found = std::string(name),
                     .expected = valid,
                     .hint = {}});
}

void require_clock(KernelClock wanted, bool on_gpu) {
  const bool is_host = wanted == KernelClock::host;
  if (wanted == KernelClock::automatic || is_host != on_gpu) return;
  throw usage_error(
      {.what = "the device has no such clock for kernel times",
       .where = {},
       .found = std::string(name_of(wanted)),
       .expected = on_gpu ? "auto, cupti or events on a GPU" : "auto or host on the processor",
       .hint = {}});
}

ChosenTimer make_kernel_timer(KernelClock wanted, bool on_gpu, std::string_view instruction_set) {
  require_clock(wanted, on_gpu);
  if (on_gpu) return timer_of_gpu(wanted);
  return {std::make_unique<HostTimer>(instruction_set), {}};
}

std::string summary(const ChosenTimer& chosen) {
  const KernelLog& log = chosen.timer->log();
  const traces::KernelCounts counts = log.counts();
  std::string text = "kernel times: " + std::string(chosen.timer->clock()) + ", " +
                     std::to_string(counts.runs) + " runs of " + std::to_string(counts.operations) +
                     " operations, " + std::to_string(counts.dropped) + " dropped, " +
                     std::to_string(log.outside()) + " outside of operations";
  if (!chosen.refusal.empty()) text += "; not by CUPTI: " + chosen.refusal;
  return text;
}

}  // namespace pagequest::tracer
