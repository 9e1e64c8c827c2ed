// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "analyzer/analysis_set.h"
#include "analyzer/stack_distance.h"
#include "base/rng.h"

/// Accesses per second of the stack-distance kernel on streams of page sets, beside a walked LRU
/// list that gives the same distances and beside a loop that only notes each access's time (no
/// method that looks at every access is faster); then all analyses on a recording's worth of
/// events.
namespace pagequest {
namespace {

using Sets = std::vector<std::vector<std::int32_t>>;

struct Shape {
  const char* name;
  std::int32_t pages;
  std::int32_t accessed;  // a step
  std::size_t steps;
};

/// Pages have a fixed popularity; most of a step's set is the last step's.
Sets make_stream(const Shape& shape, std::uint64_t seed) {
  Rng rng(seed);
  const auto draw = [&] {
    const double u = rng.uniform();
    return static_cast<std::int32_t>(u * u * shape.pages);
  };
  Sets sets(shape.steps);
  std::vector<bool> in(static_cast<std::size_t>(shape.pages));
  for (std::size_t t = 0; t < shape.steps; ++t) {
    std::fill(in.begin(), in.end(), false);
    std::int32_t count = 0;
    const auto take = [&](std::int32_t page) {
      if (in[static_cast<std::size_t>(page)]) return;
      in[static_cast<std::size_t>(page)] = true;
      ++count;
    };
    if (t > 0) {
      for (const std::int32_t page : sets[t - 1]) {
        if (rng.chance(0.72)) take(page);
      }
    }
    while (count < shape.accessed) take(draw());
    for (std::int32_t page = 0; page < shape.pages; ++page) {
      if (in[static_cast<std::size_t>(page)]) sets[t].push_back(page);
    }
  }
  return sets;
}

/// One move-to-front list, searched from its head.
std::vector<std::uint64_t> list_histogram(const Sets& sets) {
  std::vector<std::int32_t> list;
  std::vector<std::uint64_t> histogram;
  for (const auto& set : sets) {
    histogram.resize(list.size() + 1);
    for (const std::int32_t page : set) {
      const auto it = std::find(list.begin(), list.end(), page);
      if (it != list.end()) ++histogram[static_cast<std::size_t>(it - list.begin())];
    }
    for (const std::int32_t page : set) {
      const auto it = std::find(list.begin(), list.end(), page);
      if (it != list.end()) list.erase(it);
      list.insert(list.begin(), page);
    }
  }
  return histogram;
}

std::vector<std::uint64_t> kernel_histogram(const Sets& sets) {
  analyzer::StackDistance stack;
  for (const auto& set : sets) stack.access(set);
  return stack.histogram();
}

std::vector<std::uint64_t> last_use_only(const Sets& sets) {
  std::vector<std::uint64_t> last(1 << 16);
  for (std::size_t t = 0; t < sets.size(); ++t) {
    for (const std::int32_t page : sets[t]) last[static_cast<std::size_t>(page)] = t;
  }
  return last;
}

/// Of the processor, so that other programs on the machine do not count.
double seconds(const std::function<void()>& work) {
  const std::clock_t begin = std::clock();
  work();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

std::uint64_t sum_of_all = 0;  // keeps the compiler from dropping a measured loop

/// Millions of accesses per second, best of three runs of at least a tenth of a second.
template <class F>
double rate(const Sets& sets, F histogram) {
  std::size_t accesses = 0;
  for (const auto& set : sets) accesses += set.size();
  double best = 0;
  for (int run = 0; run < 3; ++run) {
    double spent = 0;
    double done = 0;
    while (spent < 0.1) {
      spent += seconds([&] { sum_of_all += histogram(sets)[0]; });
      done += static_cast<double>(accesses);
    }
    best = std::max(best, done / spent / 1e6);
  }
  return best;
}

void print_kernels() {
  constexpr Shape kShapes[] = {{"pocket trace: 80 pages, 8 a step", 80, 8, 600},
                               {"4,096 pages, 256 a step", 4096, 256, 512},
                               {"8,192 pages, 819 a step", 8192, 819, 256}};
  std::printf("%-34s %10s %10s %8s %10s\n", "M accesses/CPU second, one thread", "kernel",
              "LRU list", "ratio", "ceiling");
  for (const auto& shape : kShapes) {
    const Sets sets = make_stream(shape, 42);
    auto expected = list_histogram(sets);
    auto found = kernel_histogram(sets);
    expected.resize(std::max(expected.size(), found.size()));
    found.resize(expected.size());
    const double kernel = rate(sets, kernel_histogram);
    const double list = rate(sets, list_histogram);
    std::printf("%-34s %10.1f %10.2f %8.1f %10.1f%s\n", shape.name, kernel, list, kernel / list,
                rate(sets, last_use_only), expected == found ? "" : "  DISTANCES DIFFER");
  }
}

/// Episodes of decode steps only, with few pages far above the others, as trained heads have.
void emit_episode(std::int32_t id, const traces::Header& header, EventSink& sink) {
  constexpr std::int32_t kSteps = 600;
  constexpr std::int32_t kFirst = 680;  // prompt and tool responses
  Rng rng(7, static_cast<std::uint64_t>(id));
  const EpisodeId episode{id};
  sink.on(EpisodeBegan{episode});
  const auto rows = static_cast<std::size_t>(header.layers * header.kv_heads);
  std::vector<std::int32_t> pages;
  std::vector<float> masses;
  const std::int32_t token = 1;
  for (std::int32_t step = 0; step < kSteps; ++step) {
    const std::int32_t position = kFirst + step;
    pages.resize(static_cast<std::size_t>(position / header.page_size + 1));
    for (std::size_t i = 0; i < pages.size(); ++i) pages[i] = static_cast<std::int32_t>(i);
    masses.assign(rows * pages.size(), 0.2F / static_cast<float>(pages.size()));
    for (std::size_t row = 0; row < rows; ++row) {
      for (int k = 0; k < 8; ++k) masses[row * pages.size() + rng.below(pages.size())] += 0.1F;
    }
    sink.on(
        TokensFilled{episode, Thread::main, StepKind::decode, step, step, position, {&token, 1}});
    sink.on(PagesAttended{episode, Thread::main, step, 1, header.layers, header.kv_heads, pages,
                          masses, masses});
  }
  EpisodeEnded end{};
  end.episode = episode;
  sink.on(end);
}

void print_analyses() {
  constexpr std::int32_t kEpisodes = 100;
  traces::Header header;
  header.page_size = 16;
  header.layers = 4;
  header.query_heads = 4;
  header.kv_heads = 2;
  NullSink nothing;
  const auto play = [&](EventSink& sink) {
    return seconds([&] {
      for (std::int32_t id = 0; id < kEpisodes; ++id) emit_episode(id, header, sink);
    });
  };
  const double making = play(nothing);
  std::printf(
      "\n%d episodes x 600 steps x 8 heads x 43 to 80 pages, CPU seconds beside making them\n",
      kEpisodes);
  for (const auto& request : analyzer::all_analyses()) {
    analyzer::AnalysisSet set({&request, 1}, header);
    std::printf("%-18s %6.2f\n", request.name.c_str(), play(set) - making);
  }
  const auto all = analyzer::all_analyses();
  analyzer::AnalysisSet set(all, header);
  std::printf("%-18s %6.2f\n", "all, one pass", play(set) - making);
}

}  // namespace
}  // namespace pagequest

int main() {
  pagequest::print_kernels();
  pagequest::print_analyses();
  std::printf("(checksum %llu)\n", static_cast<unsigned long long>(pagequest::sum_of_all));
  return 0;
}
