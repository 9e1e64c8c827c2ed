// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/format/h5_edit.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/schema/v3_columns.h"
#include "traces/schema/v4_columns.h"
#include "traces/schema/v5_columns.h"

// The recipes of docs/format.md, written with plain HDF5.

using namespace pagequest;
using namespace pagequest::testing;
namespace v1 = traces::schema::v1;
namespace v3 = traces::schema::v3;
namespace v4 = traces::schema::v4;
namespace v5 = traces::schema::v5;

namespace {

std::size_t at(std::int64_t value) { return static_cast<std::size_t>(value); }

/// A dataset of a table: its path in the file and its line in the documentation.
struct Documented {
  std::string path;
  std::string line;
};

template <class T>
std::string type_name() {
  const std::string bits = std::to_string(8 * sizeof(T));
  return (std::is_signed_v<T> ? "int" : "uint") + bits;
}

template <class Row, class T>
Documented documented(const traces::schema::Column<Row, T>& column) {
  const std::string name(column.name);
  return {std::string(traces::schema::Table<Row>::kName) + "/" + name,
          "| `" + name + "` | " + type_name<T>() + " | " + std::string(column.description) + " |"};
}

template <class Row>
std::vector<Documented> columns_of() {
  std::vector<Documented> columns;
  std::apply([&](const auto&... column) { (columns.push_back(documented(column)), ...); },
             traces::schema::Table<Row>::kColumns);
  return columns;
}

template <class... Rows>
std::vector<Documented> all_columns(const std::tuple<Rows...>* /*tables*/) {
  std::vector<Documented> all;
  const auto add = [&all](const std::vector<Documented>& columns) {
    all.insert(all.end(), columns.begin(), columns.end());
  };
  (add(columns_of<Rows>()), ...);
  add(columns_of<v1::EpisodeRow>());
  add(columns_of<v1::UnfinishedRow>());
  add(columns_of<v3::OperationRow>());
  add(columns_of<v4::HeadEvictionRow>());
  add(columns_of<v5::RequantisationRow>());
  add(columns_of<v5::KeyReadsRow>());
  add(columns_of<v3::KernelRow>());
  add(columns_of<v3::KernelNameRow>());
  add(columns_of<v3::KernelTextRow>());
  add(columns_of<v3::KernelsWrittenRow>());
  all.push_back({std::string(v1::kMeanMasses), "/attention/mean"});
  all.push_back({std::string(v1::kMaxMasses), "/attention/max"});
  return all;
}

}  // namespace

TEST_CASE("the documented recipe finds the recorded masses of every step") {
  const TemporaryFolder folder;
  record(folder / "t.h5", kSmall);
  const H5File file(folder / "t.h5", H5F_ACC_RDONLY);
  const auto episodes = file.integers("episodes/episode");
  const auto steps_begin = file.integers("episodes/attention_steps_begin");
  const auto steps_count = file.integers("episodes/attention_steps_count");
  const auto block_of = file.integers("attention/steps/block");
  const auto slot_of = file.integers("attention/steps/slot");
  const auto block_steps = file.integers("attention/blocks/steps");
  const auto pages_begin = file.integers("attention/blocks/pages_begin");
  const auto pages_count = file.integers("attention/blocks/pages_count");
  const auto values_begin = file.integers("attention/blocks/values_begin");
  const auto page = file.integers("attention/pages/page");
  const auto listed = file.integers("attention/pages/steps");
  const auto mean = file.floats("attention/mean");
  const auto expected = expected_streams(kSmall);
  std::size_t compared = 0;
  for (std::size_t e = 0; e < episodes.size(); ++e) {
    std::vector<PagesAttended> attended;
    const auto& stream = expected.at(EpisodeId{static_cast<std::int32_t>(episodes[e])});
    for (const auto& event : stream) {
      const Event view = event.view();
      if (const auto* a = std::get_if<PagesAttended>(&view)) attended.push_back(*a);
    }
    REQUIRE(attended.size() == at(steps_count[e]));
    for (std::size_t i = 0; i < attended.size(); ++i) {
      const std::size_t row = at(steps_begin[e]) + i;
      const std::size_t block = at(block_of[row]);
      std::size_t from = 0;
      for (std::int64_t group = 0; group < kSmall.layers * kSmall.kv_heads; ++group) {
        const std::int64_t begin =
            values_begin[block] + (group * block_steps[block] + slot_of[row]) * pages_count[block];
        for (std::int64_t p = 0; p < pages_count[block]; ++p) {
          if ((listed[at(pages_begin[block] + p)] >> slot_of[row] & 1) == 0) continue;
          const std::size_t expected_page = from % attended[i].pages.size();
          REQUIRE(attended[i].pages[expected_page] == page[at(pages_begin[block] + p)]);
          REQUIRE(attended[i].mean[from++] == mean[at(begin + p)]);
          ++compared;
        }
      }
      REQUIRE(from == attended[i].mean.size());
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("every number of an operation and a phase is in the description of its column") {
  std::string kinds;
  for (std::size_t i = 0; i < v3::kOperationKindOfNumber.size(); ++i) {
    kinds += (i == 0 ? "" : ", ") + std::to_string(i) + " " +
             std::string(to_string(v3::kOperationKindOfNumber[i]));
  }
  std::string phases = "of the forward pass: ";
  for (std::size_t i = 0; i < v3::kPhaseOfNumber.size(); ++i) {
    phases += (i == 0 ? "" : ", ") + std::to_string(i) + " " +
              std::string(to_string(v3::kPhaseOfNumber[i]));
  }
  constexpr auto columns = traces::schema::Table<v3::OperationRow>::kColumns;
  CHECK(std::get<2>(columns).description == kinds);
  CHECK(std::get<3>(columns).description == phases);
}

TEST_CASE("every dataset of the schema is in the file and in docs/format.md") {
  std::ifstream doc("docs/format.md");
  const std::string text{std::istreambuf_iterator<char>(doc), {}};
  REQUIRE_FALSE(text.empty());
  const TemporaryFolder folder;
  SyntheticOptions options = kSmall;
  options.captures.head_evictions = true;
  options.captures.requantisations = true;
  options.captures.key_reads = true;
  record_with_kernels(folder / "t.h5", options);
  const H5File file(folder / "t.h5", H5F_ACC_RDONLY);
  for (const auto& column : all_columns(static_cast<v1::EpisodeTables*>(nullptr))) {
    INFO(column.path);
    CHECK(H5Lexists(file.id(), column.path.c_str(), H5P_DEFAULT) > 0);
    CHECK(text.find(column.line) != std::string::npos);
    CHECK(text.find("### /" + column.path.substr(0, column.path.rfind('/'))) != std::string::npos);
  }
}

namespace {

/// Bytes of the file that are not masses.
double other_bytes(const std::filesystem::path& path) {
  const H5File file(path, H5F_ACC_RDONLY);
  auto bytes = static_cast<double>(std::filesystem::file_size(path));
  for (const auto name : {v1::kMeanMasses, v1::kMaxMasses}) {
    const hid_t dataset = H5Dopen2(file.id(), std::string(name).c_str(), H5P_DEFAULT);
    bytes -= static_cast<double>(H5Dget_storage_size(dataset));
    H5Dclose(dataset);
  }
  return bytes;
}

}  // namespace

TEST_CASE("a commit writes no chunk of masses again, whose old place would stay in the file") {
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 30, .concurrency = 6, .turns = 8};
  record(folder / "often.h5", options, {.writer = {.commit_episodes = 1}});
  record(folder / "once.h5", options, {.writer = {.commit_episodes = 1000}});
  const double often = other_bytes(folder / "often.h5");
  const double once = other_bytes(folder / "once.h5");
  INFO(often << " bytes beside the masses with 30 commits, " << once << " with one");
  // 29 rewritten chunks of 64 KiB in two datasets would be 3.8 MB.
  CHECK(often - once < 1e6);
}
