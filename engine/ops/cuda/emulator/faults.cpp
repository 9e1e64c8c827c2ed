// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/ops/cuda/emulator/faults.h"

#include <csignal>
#include <cstring>

#include <unistd.h>

#include "engine/ops/cuda/emulator/block.h"
#include "engine/ops/cuda/emulator/device.h"
#include "engine/ops/cuda/emulator/fiber.h"
#include "engine/ops/cuda/emulator/grid.h"

namespace pagequest::ops::emulator {
namespace {

struct sigaction handler_before;

bool is_behind_shared(const void* address) {
  return workplace(0).shared.is_behind(address) || workplace(1).shared.is_behind(address);
}

const char* explanation(const void* address) {
  const bool in_kernel = running.thread != nullptr;
  if (in_kernel && is_stack_guard(address)) return "a thread's stack is too small for its kernel";
  if (in_kernel && is_behind_shared(address)) {
    return "a kernel touched what lies behind its block's dynamic shared memory";
  }
  if (!the_device().memory.is_inside(address)) return nullptr;
  return in_kernel ? "a kernel touched device memory that belongs to no buffer"
                   : "the host touched device memory";
}

void handle(int /*signal*/, siginfo_t* info, void* /*context*/) {
  if (const char* text = explanation(info->si_addr)) {
    static constexpr char kWho[] = "emulated GPU: ";
    const bool written = write(STDERR_FILENO, kWho, sizeof(kWho) - 1) > 0 &&
                         write(STDERR_FILENO, text, std::strlen(text)) > 0 &&
                         write(STDERR_FILENO, "\n", 1) > 0;
    static_cast<void>(written);
  }
  sigaction(SIGSEGV, &handler_before, nullptr);  // which meets the same fault again
}

}  // namespace

void explain_faults() {
  struct sigaction current {};
  sigaction(SIGSEGV, nullptr, &current);
  if ((current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == &handle) return;
  handler_before = current;
  struct sigaction ours {};
  ours.sa_sigaction = &handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &ours, nullptr);
}

}  // namespace pagequest::ops::emulator
