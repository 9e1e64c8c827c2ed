// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "engine/agent/tasks/hops_world.h"
#include "engine/agent/tasks/task.h"
#include "engine/agent/tasks/words.h"

namespace pagequest::agent {
namespace {

/// The calls of the expert, as the agent loop would cut them out of what the model wrote.
std::vector<std::string> expert_calls(const ExpertWorld& world) {
  std::vector<std::string> calls;
  for (const Segment& segment : world.expert()) {
    const auto begin = segment.text.find("<call> ");
    if (segment.role != Role::model || begin == std::string::npos) continue;
    const auto end = segment.text.find(" </call>");
    calls.push_back(segment.text.substr(begin + 7, end - begin - 7));
  }
  return calls;
}

std::string first_open(const ExpertWorld& world) { return expert_calls(world).at(1); }

TEST_CASE("a world depends on seed and index only") {
  const auto a = make_world("pocket-hops", "default", 5, 17);
  const auto b = make_world("pocket-hops", "default", 5, 17);
  CHECK(a->prompt() == b->prompt());
  for (const std::string& call : expert_calls(*a)) CHECK(a->call(call).text == b->call(call).text);
  CHECK(make_world("pocket-hops", "default", 5, 18)->prompt() != a->prompt());
  CHECK(make_world("pocket-hops", "default", 6, 17)->prompt() != a->prompt());
}

TEST_CASE("successful displays take rising cursors and errors take none") {
  const auto world = make_world("pocket-hops", "short", 1, 0);
  const std::vector<std::string> calls = expert_calls(*world);
  const ToolReply first = world->call(calls.at(0));
  CHECK(first.ok);
  CHECK(first.cursor == 0);
  CHECK(first.text.starts_with("<obs> 0 hits : "));
  const ToolReply wrong = world->call("open d99");
  CHECK_FALSE(wrong.ok);
  CHECK(wrong.cursor == -1);
  CHECK(world->call(calls.at(1)).cursor == 1);
}

TEST_CASE("malformed calls are errors") {
  const auto world = make_world("pocket-hops", "tiny", 1, 0);
  const auto text =
      GENERATE(as<std::string>{}, "", "search", "search a1", "search a1 nobody", "open d1",
               "find a1 bob = 0 city", "dance a1 bob", "search a1 bob bob");
  const ToolReply reply = world->call(text);
  CHECK_FALSE(reply.ok);
  CHECK(reply.cursor == -1);
  CHECK(reply.text.starts_with("<obs> error"));
}

TEST_CASE("a document opens once") {
  const auto world = make_world("pocket-hops", "short", 1, 3);
  const std::string search = expert_calls(*world).at(0);
  world->call(search);
  CHECK(world->call(first_open(*world)).ok);
  CHECK_FALSE(world->call(first_open(*world)).ok);
  CHECK(world->call(search).ok);
  CHECK_FALSE(world->call(first_open(*world)).ok);
}

TEST_CASE("calls beyond the need plus two are refused") {
  const auto world = make_world("pocket-hops", "tiny", 1, 4);
  const std::string search = expert_calls(*world).at(0);
  const int budget = world->needed_calls() + HopsWorld::kSpareCalls;
  for (int i = 0; i < budget; ++i) CHECK(world->call(search).ok);
  CHECK_FALSE(world->call(search).ok);
}

TEST_CASE("find shows a fact of an open document under a new cursor") {
  for (std::uint64_t index = 0;; ++index) {
    const auto world = make_world("pocket-hops", "short", 2, index);
    const std::vector<std::string> calls = expert_calls(*world);
    const auto find = std::ranges::find_if(
        calls, [](const std::string& call) { return call.starts_with("find "); });
    if (find == calls.end()) continue;
    CHECK_FALSE(make_world("pocket-hops", "short", 2, index)->call(*find).ok);  // nothing is open
    int cursor = -1;
    for (auto call = calls.begin(); call != find; ++call) cursor = world->call(*call).cursor;
    CHECK(world->call(*find).cursor == cursor + 1);
    return;
  }
}

TEST_CASE("the answer must match word for word") {
  const auto world = make_world("pocket-hops", "tiny", 1, 0);
  CHECK_FALSE(world->grade("").correct);
  CHECK_FALSE(world->grade("a1 is bob a1 ,").correct);
}

TEST_CASE("unknown names list the valid ones") {
  CHECK_THROWS_WITH(make_world("nothing", "default", 1, 0), Catch::Contains("pocket-hops"));
  CHECK_THROWS_WITH(make_world("pocket-hops", "huge", 1, 0),
                    Catch::Contains("default, long, short"));
  CHECK_THROWS_AS(find_task("nothing"), Error);
}

TEST_CASE("every listed setting of a task with an expert can be made") {
  for (const Task& task : tasks()) {
    if (task.make_expert == nullptr) continue;
    for (const std::string_view setting : task.settings)
      CHECK_FALSE(make_world(task.name, setting, 1, 0)->prompt().empty());
  }
}

}  // namespace
}  // namespace pagequest::agent
