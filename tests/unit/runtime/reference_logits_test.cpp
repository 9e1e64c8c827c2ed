// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
// Against logits that tests/reference/make_fixtures.py computed with a dense Llama in PyTorch.
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

/// 64-bit FNV-1a in hexadecimal, as make_fixtures.py writes it.
std::string fnv1a(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t value = 0xcbf29ce484222325ULL;
  for (auto byte = std::istreambuf_iterator<char>(file); byte != std::istreambuf_iterator<char>();
       ++byte) {
    value = (value ^ static_cast<unsigned char>(*byte)) * 0x100000001b3ULL;
  }
  std::ostringstream text;
  text << std::hex << std::setfill('0') << std::setw(16) << value;
  return text.str();
}

/// Processes the fixture's tokens up to each row's position and compares the logits there.
double worst_difference(const std::filesystem::path& folder, const std::filesystem::path& fixture,
                        const EngineConfig& config) {
  const model::Model model = pagequest::test::load_in_f32(folder);
  std::ifstream file(fixture);
  const nlohmann::json expected = nlohmann::json::parse(file);
  INFO("if the checkpoint is new: python tests/reference/make_fixtures.py --model " << folder);
  REQUIRE(expected["checkpoint"] == fnv1a(folder / "model.safetensors"));
  const auto tokens = expected["tokens"].get<std::vector<std::int32_t>>();
  NullSink sink;
  Engine engine(model, config, sink);
  const SequenceId sequence = add(engine, {});
  double worst = 0.0;
  for (const auto& row : expected["rows"]) {
    const auto end = static_cast<std::ptrdiff_t>(row["position"].get<std::int32_t>() + 1);
    const auto begin = static_cast<std::ptrdiff_t>(engine.next_position(sequence));
    const std::vector<std::int32_t> part(tokens.begin() + begin, tokens.begin() + end);
    engine.append(sequence, part);
    drain(engine);
    worst = std::max(worst, largest_difference(logits_of(engine, sequence),
                                               row["logits"].get<std::vector<float>>()));
  }
  return worst;
}

TEST_CASE("Logits of a random checkpoint agree with PyTorch within 1e-3") {
  const std::int32_t chunk = GENERATE(1, 7, 64);
  const std::int32_t page_size = GENERATE(1, 5, 16, 64);
  CAPTURE(chunk, page_size);
  CHECK(worst_difference("tests/reference/tiny", "tests/reference/tiny_logits.json",
                         {.page_size = page_size, .pool_pages = 200, .prefill_chunk = chunk}) <
        1e-3);
}

TEST_CASE("Logits of the pocket model agree with PyTorch within 1e-3") {
  CHECK(worst_difference("engine/pocket", "tests/reference/pocket_logits.json",
                         {.pool_pages = 64}) < 1e-3);
}

}  // namespace
}  // namespace pagequest::runtime::test
