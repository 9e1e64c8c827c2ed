// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// What goes by the device, on any build and machine.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/runtime/backend.h"
#include "engine/runtime/engine_config.h"
#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

using Catch::Matchers::Contains;

bool has_gpu() {
  try {
    require(Device::cuda);
  } catch (const Error& error) {
    CHECK((error.kind() == ErrorKind::usage || error.kind() == ErrorKind::device));
    CHECK_THAT(error.what(), Contains("--device cpu"));
    return false;
  }
  return true;
}

TEST_CASE("The automatic device is a GPU where there is one, else the processor") {
  CHECK(resolve(Device::automatic) == (has_gpu() ? Device::cuda : Device::cpu));
  CHECK(resolve(Device::cpu) == Device::cpu);
  CHECK(resolve(Device::cuda) == Device::cuda);
  CHECK_NOTHROW(require(Device::cpu));
}

TEST_CASE("Devices have names, and an unknown one lists them") {
  for (const Device device : {Device::automatic, Device::cpu, Device::cuda}) {
    CHECK(device_named(to_string(device)) == device);
  }
  CHECK_THROWS_WITH(device_named("gpu"), Contains("auto, cpu, cuda"));
}

TEST_CASE("Decisions lag by a step, and steps overlap, on a GPU only") {
  const model::Model model = tiny_model();
  const EngineConfig cpu = resolve(EngineConfig{.device = Device::cpu}, model);
  CHECK(cpu.policy_lag_steps == 0);
  CHECK(cpu.overlap == false);
  const EngineConfig cuda = resolve(EngineConfig{.device = Device::cuda}, model);
  CHECK(cuda.policy_lag_steps == 1);
  CHECK(cuda.overlap == true);
  EngineConfig synchronous{.device = Device::cuda, .policy_lag_steps = 0};
  CHECK(resolve(synchronous, model).overlap == false);
  synchronous.overlap = true;
  CHECK_THROWS_WITH(resolve(synchronous, model), Contains("overlap"));
  CHECK_THROWS_WITH(resolve(EngineConfig{.policy_lag_steps = -1}, model),
                    Contains("policy_lag_steps"));
  CHECK(resolve(EngineConfig{.policy_lag_steps = 2}, model).overlap == false);
}

}  // namespace
}  // namespace pagequest::runtime::test
