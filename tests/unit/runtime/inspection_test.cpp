// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/runtime/inspection.h"

#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/unit/runtime/support.h"

namespace pagequest::runtime::test {
namespace {

std::vector<std::int32_t> numbers(std::int32_t first, std::int32_t count) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST_CASE("An inspection tells who owns a page and what it holds") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 16, .pool_pages = 50}, sink);
  const auto prompt = random_tokens(20, 1);
  const SequenceId main = add(engine, prompt);
  drain(engine);
  const SequenceId aux = engine.fork(main, random_tokens(5, 2), {});
  drain(engine);
  const Inspection seen = engine.inspect();
  CHECK(seen.iteration == 2);
  CHECK(seen.page_size == 16);
  CHECK(seen.kv_type == "f32");
  CHECK(seen.total_pages == 50);
  CHECK(seen.used_pages == 3);
  CHECK(seen.page_bytes == engine.pool_usage().page_bytes);
  REQUIRE(seen.groups.size() == 1);
  CHECK(seen.groups[0].layers == numbers(0, 2));
  REQUIRE(seen.pages.size() == 3);

  const InspectedPage& shared = seen.pages[0];
  CHECK(shared.references == 2);
  CHECK_FALSE(shared.cached);
  REQUIRE(shared.owners.size() == 2);
  for (const PageOwner& owner : shared.owners) {
    CHECK(owner.logical_page == 0);
    CHECK(owner.positions == numbers(0, 16));
    CHECK(owner.tokens == std::vector<std::int32_t>(prompt.begin(), prompt.begin() + 16));
  }
  CHECK(shared.owners[0].sequence == main);
  CHECK(shared.owners[1].sequence == aux);
  CHECK(shared.owners[1].thread == Thread::auxiliary);

  REQUIRE(seen.pages[2].owners.size() == 1);
  CHECK(seen.pages[2].owners[0].sequence == aux);
  CHECK(seen.pages[2].owners[0].positions == numbers(16, 9));
  CHECK(seen.pages[2].references == 1);
}

TEST_CASE("The masses of an owner's pages are those of its last captured step") {
  const model::Model model = tiny_model();
  RecordingSink sink;
  Engine engine(model, {.page_size = 8, .pool_pages = 50}, sink);
  const SequenceId sequence = add(engine, random_tokens(40, 1));
  generate(engine, sequence, 3);
  const RecordedStep& step = sink.steps.back();
  const Inspection seen = engine.inspect();
  REQUIRE(seen.pages.size() == step.pages.size());
  double sum = 0.0;
  for (const InspectedPage& page : seen.pages) {
    const auto column = static_cast<std::size_t>(page.owners.at(0).logical_page);
    double mean = 0.0;
    for (std::size_t plane = 0; plane < 4; ++plane) {
      mean += step.mean[plane * step.pages.size() + column] / 4.0;
    }
    REQUIRE(page.owners[0].mass.has_value());
    CHECK(*page.owners[0].mass == Approx(mean).margin(1e-6));
    sum += static_cast<double>(*page.owners[0].mass);
  }
  CHECK(sum == Approx(1.0).margin(1e-5));
}

TEST_CASE("Without capture there are no masses") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.pool_pages = 50, .capture = false}, sink);
  add(engine, random_tokens(20, 1));
  drain(engine);
  CHECK_FALSE(engine.inspect().pages.at(0).owners.at(0).mass.has_value());
}

TEST_CASE("Holes are seen, and pages that only the prefix cache holds have no owner") {
  const model::Model model = tiny_model();
  NullSink sink;
  Engine engine(model, {.page_size = 8, .pool_pages = 50, .prefix_sharing = true}, sink);
  const SequenceId first = add(engine, random_tokens(20, 1));
  drain(engine);
  engine.release(first);
  const SequenceId second = add(engine, random_tokens(12, 2));
  drain(engine);
  engine.evict(second, 0, {.first = 9, .count = 2});
  const Inspection seen = engine.inspect();
  CHECK(seen.pages.size() == 4);
  CHECK(std::ranges::count_if(seen.pages, [](const InspectedPage& page) {
          return page.cached && page.owners.empty() && page.references == 1;
        }) == 2);
  const auto holed = std::ranges::find_if(seen.pages, [](const InspectedPage& page) {
    return !page.owners.empty() && page.owners[0].logical_page == 1;
  });
  REQUIRE(holed != seen.pages.end());
  CHECK(holed->owners[0].positions == std::vector<std::int32_t>{8, 11});
}

TEST_CASE("Inspecting changes nothing") {
  const model::Model model = tiny_model();
  std::vector<std::vector<RecordedStep>> steps;
  for (const bool inspects : {false, true}) {
    RecordingSink sink;
    Engine engine(model, {.page_size = 4, .pool_pages = 30, .prefix_sharing = true}, sink);
    const kv::PolicySpec policy{.name = "h2o", .params = {}, .budget_tokens = 40};
    const SequenceId sequence = add(engine, random_tokens(60, 1), {}, policy);
    std::int32_t token = drain(engine).at(sequence);
    for (int i = 0; i < 20; ++i) {
      if (inspects) CHECK(engine.inspect().used_pages == engine.pool_usage().used_pages);
      engine.append(sequence, {&token, 1});
      token = drain(engine).at(sequence);
    }
    steps.push_back(sink.steps);
  }
  CHECK(steps[0] == steps[1]);
}

}  // namespace
}  // namespace pagequest::runtime::test
