// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// The oracle of the other tests is itself checked against PyTorch.
#include "tests/unit/runtime/dense_llama.h"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

TEST_CASE("The dense reference agrees with PyTorch") {
  std::ifstream file("tests/reference/tiny_logits.json");
  const nlohmann::json expected = nlohmann::json::parse(file);
  const DenseResult dense =
      DenseLlama("tests/reference/tiny").run(expected["tokens"].get<std::vector<std::int32_t>>());
  for (const auto& row : expected["rows"]) {
    CHECK(largest_difference(dense.logits[row["position"].get<std::size_t>()],
                             row["logits"].get<std::vector<float>>()) < 1e-4);
  }
}

}  // namespace
}  // namespace pagequest::runtime::test
