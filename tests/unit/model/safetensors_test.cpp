// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/model/safetensors.h"

#include <cmath>
#include <limits>

#include "engine/model/matrix_view.h"
#include "tests/unit/model/checkpoint.h"

namespace pagequest::model::test {
namespace {

using Catch::Matchers::Contains;

/// Writes `content` as a file, reads it and hands it to `use`.
template <class Use>
void with_file(const std::string& content, const Use& use) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", content);
  const Safetensors file(folder.path() / "model.safetensors");
  use(file);
}

std::string error_of(const std::string& content) {
  return input_error_of([&] { with_file(content, [](const Safetensors&) {}); });
}

std::string with_header(const json& header, std::size_t data_bytes) {
  return safetensors(header.dump(), std::string(data_bytes, '\0'));
}

json entry(const std::string& dtype, const json& shape, std::int64_t begin, std::int64_t end) {
  return {{"dtype", dtype}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

std::vector<float> values_of(const std::string& dtype, const std::string& bytes) {
  std::vector<float> values;
  const std::vector<std::int64_t> shape{static_cast<std::int64_t>(bytes.size() / 2)};
  with_file(safetensors({{"t", {dtype, shape, bytes}}}), [&](const Safetensors& file) {
    values = to_floats(file, "t", file.tensors().at("t"));
  });
  return values;
}

std::string half_words(const std::vector<std::uint16_t>& words) {
  std::string bytes(words.size() * 2, '\0');
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

TEST_CASE("Tensors come back with their dtype, shape and values") {
  const std::vector<float> values{1.5F, -2.0F, 0.0F, 3e-30F, 7e30F, -0.125F};
  with_file(safetensors({{"a", f32({2, 3}, values)}, {"b", constant({1}, 9.0F)}}),
            [&](const Safetensors& file) {
              REQUIRE(file.tensors().size() == 2);
              const Tensor& a = file.tensors().at("a");
              CHECK(a.dtype == "F32");
              CHECK(a.shape == std::vector<std::int64_t>{2, 3});
              CHECK(to_floats(file, "a", a) == values);
              CHECK(to_floats(file, "b", file.tensors().at("b")) == std::vector<float>{9.0F});
            });
}

TEST_CASE("BF16 is the upper half of an F32") {
  CHECK(values_of("BF16", half_words({0x3F80, 0xC000, 0x0000, 0x3EAB})) ==
        std::vector<float>{1.0F, -2.0F, 0.0F, 0.333984375F});
}

TEST_CASE("F16 is converted exactly, subnormals and both zeros included") {
  // IEEE 754 binary16: 1, -2, 1/3 rounded, largest, smallest normal, smallest subnormal, zeros.
  const auto values = values_of(
      "F16", half_words({0x3C00, 0xC000, 0x3555, 0x7BFF, 0x0400, 0x0001, 0x0000, 0x8000}));
  CHECK(values ==
        std::vector<float>{1.0F, -2.0F, 0.333251953125F, 65504.0F, 0x1p-14F, 0x1p-24F, 0.0F, 0.0F});
  CHECK(std::signbit(values.back()));
}

TEST_CASE("Weights that are not finite are refused with the tensor's name") {
  const float bad =
      GENERATE(std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity());
  with_file(safetensors({{"spoiled", f32({2}, {1.0F, bad})}}), [](const Safetensors& file) {
    CHECK_THAT(
        input_error_of([&] { return to_floats(file, "spoiled", file.tensors().at("spoiled")); }),
        Contains("spoiled"));
  });
}

TEST_CASE("Integer weights are refused with their dtype") {
  with_file(safetensors({{"t", {"I16", {1}, "ab"}}}), [](const Safetensors& file) {
    CHECK_THAT(input_error_of([&] { return to_floats(file, "t", file.tensors().at("t")); }),
               Contains("I16"));
  });
}

TEST_CASE("Every truncation of a file is refused") {
  const std::string whole = safetensors({{"a", f32({3}, {1.0F, 2.0F, 3.0F})}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(error_of(whole.substr(0, size)).empty());
  }
}

TEST_CASE("Bytes behind the last tensor are refused") {
  CHECK_THAT(error_of(safetensors({{"a", constant({3}, 1.0F)}}) + "x"), Contains("last tensor"));
}

TEST_CASE("Foreign content is refused") {
  const std::string content =
      GENERATE(std::string("GGUF"), std::string(4096, '\0'), std::string(4096, '\xff'),
               safetensors("not json", ""), safetensors("[]", ""), safetensors("{", ""));
  CHECK_THAT(error_of(content), Contains("model.safetensors"));
}

TEST_CASE("A header that contradicts itself or the data is refused") {
  const auto [header, expected] = GENERATE(table<json, std::string>({
      {{{"a", entry("F32", {2}, 0, 4)}}, "shape"},
      {{{"a", entry("F32", {3}, 0, 12)}}, "offsets"},
      {{{"a", entry("F32", {1}, 8, 4)}}, "offsets"},
      {{{"a", entry("F32", {2}, -8, 0)}}, "a"},
      {{{"a", entry("F32", {-2}, 0, 8)}}, "a"},
      {{{"a", entry("F32", {1LL << 40, 1LL << 40}, 0, 8)}}, "shape"},
      {{{"a", entry("F32", {1LL << 62, 4}, 0, 8)}}, "shape"},
      {{{"a", entry("Q4", {2}, 0, 8)}}, "dtype"},
      {{{"a", entry("F32", "two", 0, 8)}}, "a"},
      {{{"a", 5}}, "a"},
      {{{"a", {{"dtype", "F32"}}}}, "a"},
      {{{"a", entry("F32", {1}, 0, 4)}, {"b", entry("F32", {1}, 0, 4)}}, "overlaps"},
      {{{"a", entry("F32", {1}, 0, 4)}, {"b", entry("BF16", {1}, 6, 8)}}, "gap"},
  }));
  CAPTURE(header.dump());
  CHECK_THAT(error_of(with_header(header, 8)), Contains(expected));
}

TEST_CASE("A missing file and a folder are refused with the path") {
  const TemporaryFolder folder;
  const auto missing = folder.path() / "absent.safetensors";
  CHECK_THAT(input_error_of([&] { Safetensors{missing}; }), Contains(missing.string()));
  CHECK_THAT(input_error_of([&] { Safetensors{folder.path()}; }), Contains(folder.path().string()));
}

}  // namespace
}  // namespace pagequest::model::test
