// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "engine/model/random_model.h"
#include "engine/runtime/capture_store.h"

namespace pagequest::runtime {
namespace {

model::ModelConfig shape() {
  model::ModelConfig config = model::named_geometry("tiny");
  config.attention_sinks = true;
  return config;
}

/// Chunks that list 3, 5 and 7 pages; the second one captures nothing.
std::vector<ForwardChunk> three_chunks() {
  std::vector<ForwardChunk> chunks(3);
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    chunks[i].listed_pages.resize(3 + 2 * i);
    chunks[i].captures = i != 1;
  }
  return chunks;
}

CaptureOptions everything() {
  return {.query_heads = true, .thresholds = {0.1F, 0.5F}, .query_cosine = true};
}

/// (byte of the memory): how many buffers hold it.
class Coverage {
 public:
  Coverage(const std::byte* memory, std::int64_t bytes)
      : memory_(memory), held_(static_cast<std::size_t>(bytes)) {}

  template <class T>
  void add(const T* values, std::int64_t count) {
    const std::int64_t first = reinterpret_cast<const std::byte*>(values) - memory_;
    REQUIRE(first >= 0);
    REQUIRE(first % std::int64_t{sizeof(T)} == 0);
    for (std::int64_t i = 0; i < count * std::int64_t{sizeof(T)}; ++i) {
      ++held_.at(static_cast<std::size_t>(first + i));
    }
  }
  [[nodiscard]] bool exact() const {
    return std::ranges::all_of(held_, [](int count) { return count == 1; });
  }

 private:
  const std::byte* memory_;
  std::vector<int> held_;
};

TEST_CASE("The buffers of a batch fill their memory without a gap or an overlap") {
  const model::ModelConfig model = shape();
  const CaptureLayout layout(model, everything());
  const std::vector<ForwardChunk> chunks = three_chunks();
  std::vector<std::byte> memory(static_cast<std::size_t>(layout.bytes(chunks)));
  const auto buffers = layout.place(chunks, memory.data());
  Coverage coverage(memory.data(), layout.bytes(chunks));
  for (std::size_t i = 0; i < 3; i += 2) {
    const std::int64_t listed = chunks[i].listed();
    coverage.add(buffers[i].mean, 2 * 2 * listed);
    coverage.add(buffers[i].max, 2 * 2 * listed);
    coverage.add(buffers[i].sink_share, 2 * 2);
    coverage.add(buffers[i].query_head_mass, 2 * 4 * listed);
    coverage.add(buffers[i].tokens_above, 2 * 2 * 2 * listed);
    coverage.add(buffers[i].last_query, 2 * 4 * 16);
    CHECK(buffers[i].thresholds.size() == 2);
  }
  CHECK(coverage.exact());
  CHECK(buffers[1].mean == nullptr);
}

TEST_CASE("Offsets of a batch are the same in any memory, and nothing is kept that nobody wants") {
  const model::ModelConfig model = model::named_geometry("tiny");
  const CaptureLayout layout(model, {});
  const std::vector<ForwardChunk> chunks = three_chunks();
  CHECK(layout.bytes(chunks) == 4 * 2 * 4 * (3 + 7));
  std::vector<std::byte> a(static_cast<std::size_t>(layout.bytes(chunks)));
  std::vector<std::byte> b(a.size());
  const auto in_a = layout.place(chunks, a.data());
  const auto in_b = layout.place(chunks, b.data());
  const auto offset = [](const float* value, const std::vector<std::byte>& memory) {
    return reinterpret_cast<const std::byte*>(value) - memory.data();
  };
  CHECK(offset(in_a[2].max, a) == offset(in_b[2].max, b));
  CHECK(in_a[0].sink_share == nullptr);
  CHECK(in_a[0].query_head_mass == nullptr);
  CHECK(in_a[0].tokens_above == nullptr);
  CHECK(in_a[0].last_query == nullptr);
}

TEST_CASE("A batch's captures stay as they are while the next batch is captured") {
  const model::ModelConfig model = shape();
  CaptureStore store(model, {});
  std::vector<ForwardChunk> first = three_chunks();
  store.place(first);
  std::fill_n(first[0].capture.mean, 12, 0.25F);
  std::vector<ForwardChunk> second = three_chunks();
  for (ForwardChunk& chunk : second) chunk.listed_pages.resize(1000);
  store.place(second);
  for (const ForwardChunk& chunk : second) {
    if (chunk.captures) std::fill_n(chunk.capture.mean, 4000, 0.5F);
  }
  CHECK(std::all_of(first[0].capture.mean, first[0].capture.mean + 12,
                    [](float mass) { return mass == 0.25F; }));
}

}  // namespace
}  // namespace pagequest::runtime
