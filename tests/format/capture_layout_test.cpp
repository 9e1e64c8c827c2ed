// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/format/h5_edit.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/schema/v5.h"

// The recipes of docs/format.md for windows, sinks and captures, written with plain HDF5.

using namespace pagequest;
using namespace pagequest::testing;
namespace v5 = traces::schema::v5;

namespace {

constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kKvHeads = 2;
constexpr std::int64_t kQueryHeads = 4;
constexpr std::int64_t kGroup = kQueryHeads / kKvHeads;
constexpr std::int64_t kThresholds = 2;

std::size_t at(std::int64_t value) { return static_cast<std::size_t>(value); }

template <class E>
std::vector<E> all(const Stream& stream) {
  std::vector<E> found;
  for (const auto& event : stream) {
    const Event view = event.view();
    if (const auto* e = std::get_if<E>(&view)) found.push_back(*e);
  }
  return found;
}

/// A recorded trace beside the events that it was recorded from.
class Recorded {
 public:
  Recorded() {
    record(folder_ / "t.h5", kSmallCaptured);
    file_.emplace(folder_ / "t.h5", H5F_ACC_RDONLY);
  }
  [[nodiscard]] const H5File& file() const { return *file_; }
  [[nodiscard]] std::size_t episodes() const { return file().integers("episodes/episode").size(); }
  /// Events of the n-th episode of the file.
  template <class E>
  [[nodiscard]] std::vector<E> events(std::size_t episode) const {
    const auto number = file().integers("episodes/episode")[episode];
    return all<E>(expected_.at(EpisodeId{static_cast<std::int32_t>(number)}));
  }

 private:
  TemporaryFolder folder_;
  std::map<EpisodeId, Stream> expected_ = expected_streams(kSmallCaptured);
  std::optional<H5File> file_;
};

bool exists(const H5File& file, std::string_view name) {
  const std::string path(name);
  const std::string group = path.substr(0, path.find('/'));
  return H5Lexists(file.id(), group.c_str(), H5P_DEFAULT) > 0 &&
         H5Lexists(file.id(), path.c_str(), H5P_DEFAULT) > 0;
}

constexpr std::string_view kOptional[] = {
    v5::kQueryHeadMasses, v5::kTokensAbove,       v5::kFirstPages,        v5::kSinkShares,
    v5::kQueryCosines,    v5::kLowestKeys,        v5::kHighestKeys,       "key_bounds/pages/page",
    v5::kKeyReads,        "key_reads/steps/step", "requantisations/step",
};

}  // namespace

TEST_CASE("the documented recipe finds masses per query head and token sets of every step") {
  const Recorded trace;
  const H5File& file = trace.file();
  const auto steps_begin = file.integers("episodes/attention_steps_begin");
  const auto block_of = file.integers("attention/steps/block");
  const auto slot_of = file.integers("attention/steps/slot");
  const auto block_steps = file.integers("attention/blocks/steps");
  const auto pages_begin = file.integers("attention/blocks/pages_begin");
  const auto pages_count = file.integers("attention/blocks/pages_count");
  const auto values_begin = file.integers("attention/blocks/values_begin");
  const auto listed = file.integers("attention/pages/steps");
  const auto masses = file.floats("attention/query_head_mass");
  const auto above = file.integers("attention/tokens_above");
  std::size_t compared = 0;
  for (std::size_t e = 0; e < trace.episodes(); ++e) {
    const auto attended = trace.events<PagesAttended>(e);
    for (std::size_t i = 0; i < attended.size(); ++i) {
      const std::size_t row = at(steps_begin[e]) + i;
      const std::size_t block = at(block_of[row]);
      const std::int64_t s = slot_of[row];
      const std::int64_t steps = block_steps[block];
      const std::int64_t pages = pages_count[block];
      const std::int64_t begin = values_begin[block];
      std::vector<float> found_masses;
      std::vector<std::uint64_t> found_sets;
      const auto is_listed = [&](std::int64_t p) {
        return (listed[at(pages_begin[block] + p)] >> s & 1) != 0;
      };
      for (std::int64_t head = 0; head < kLayers * kQueryHeads; ++head) {
        for (std::int64_t p = 0; p < pages; ++p) {
          const std::int64_t index = begin * kGroup + (head * steps + s) * pages + p;
          if (is_listed(p)) found_masses.push_back(masses[at(index)]);
        }
      }
      for (std::int64_t set = 0; set < kThresholds * kLayers * kKvHeads; ++set) {
        for (std::int64_t p = 0; p < pages; ++p) {
          const std::int64_t index = begin * kThresholds + (set * steps + s) * pages + p;
          if (is_listed(p)) found_sets.push_back(static_cast<std::uint64_t>(above[at(index)]));
        }
      }
      const auto& query_heads = attended[i].query_head_mass;
      const auto& sets = attended[i].tokens_above;
      REQUIRE(found_masses == std::vector<float>(query_heads.begin(), query_heads.end()));
      REQUIRE(found_sets == std::vector<std::uint64_t>(sets.begin(), sets.end()));
      compared += found_masses.size();
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("what is one number a step and head lies in the order of attention/steps") {
  const Recorded trace;
  const auto steps_begin = trace.file().integers("episodes/attention_steps_begin");
  const auto first_page = trace.file().integers("attention/first_page");
  const auto sinks = trace.file().floats("attention/sink_share");
  const auto cosines = trace.file().floats("attention/query_cosine");
  int without_cosine = 0;
  for (std::size_t e = 0; e < trace.episodes(); ++e) {
    const auto attended = trace.events<PagesAttended>(e);
    for (std::size_t i = 0; i < attended.size(); ++i) {
      const std::size_t row = at(steps_begin[e]) + i;
      for (std::size_t layer = 0; layer < at(kLayers); ++layer) {
        REQUIRE(first_page[row * at(kLayers) + layer] == attended[i].first_page[layer]);
      }
      for (std::size_t head = 0; head < at(kLayers * kKvHeads); ++head) {
        const std::size_t index = row * at(kLayers * kKvHeads) + head;
        REQUIRE(sinks[index] == attended[i].sink_share[head]);
        const bool has_cosine = !attended[i].query_cosine.empty();
        REQUIRE(std::isnan(cosines[index]) == !has_cosine);
        if (has_cosine) REQUIRE(cosines[index] == attended[i].query_cosine[head]);
        without_cosine += has_cosine ? 0 : 1;
      }
    }
  }
  CHECK(without_cosine > 0);
}

TEST_CASE("the documented recipe finds the key bounds of every page") {
  const Recorded trace;
  const auto begin = trace.file().integers("episodes/key_bounds_pages_begin");
  const auto count = trace.file().integers("episodes/key_bounds_pages_count");
  const auto page = trace.file().integers("key_bounds/pages/page");
  const auto values_begin = trace.file().integers("key_bounds/pages/values_begin");
  const auto lowest = trace.file().floats("key_bounds/lowest");
  const auto highest = trace.file().floats("key_bounds/highest");
  for (std::size_t e = 0; e < trace.episodes(); ++e) {
    const auto bounds = trace.events<KeysBounded>(e);
    REQUIRE_FALSE(bounds.empty());
    REQUIRE(bounds.size() == at(count[e]));
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      const std::size_t row = at(begin[e]) + i;
      REQUIRE(page[row] == bounds[i].page);
      const auto first = static_cast<std::ptrdiff_t>(values_begin[row]);
      REQUIRE(std::equal(bounds[i].lowest.begin(), bounds[i].lowest.end(), lowest.begin() + first));
      REQUIRE(
          std::equal(bounds[i].highest.begin(), bounds[i].highest.end(), highest.begin() + first));
    }
  }
}

TEST_CASE("the documented recipe finds the keys that every step read") {
  const Recorded trace;
  const auto begin = trace.file().integers("episodes/key_reads_steps_begin");
  const auto step = trace.file().integers("key_reads/steps/step");
  const auto tokens = trace.file().integers("key_reads/tokens");
  for (std::size_t e = 0; e < trace.episodes(); ++e) {
    const auto reads = trace.events<KeysRead>(e);
    REQUIRE_FALSE(reads.empty());
    for (std::size_t i = 0; i < reads.size(); ++i) {
      const std::size_t row = at(begin[e]) + i;
      REQUIRE(step[row] == reads[i].step);
      const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(row) * kLayers * kKvHeads;
      REQUIRE(std::equal(reads[i].tokens.begin(), reads[i].tokens.end(), first));
    }
  }
}

TEST_CASE("optional datasets are there only if they were recorded, and documented") {
  std::ifstream doc("docs/format.md");
  const std::string text{std::istreambuf_iterator<char>(doc), {}};
  const TemporaryFolder folder;
  record(folder / "plain.h5", kSmall);
  const H5File plain(folder / "plain.h5", H5F_ACC_RDONLY);
  const Recorded captured;
  for (const auto name : kOptional) {
    INFO(name);
    CHECK_FALSE(exists(plain, name));
    CHECK(exists(captured.file(), name));
    const bool is_column = name.ends_with("/page") || name.ends_with("/step");
    const auto table = is_column ? name.substr(0, name.rfind('/')) : name;
    const std::string path = "/" + std::string(table);
    CHECK(text.find(path) != std::string::npos);
  }
}

namespace {

/// All events of a trace, those of an iteration of the engine behind those of the one before: the
/// order in which they were recorded, as far as it changes the file.
Stream as_recorded(const traces::Reader& reader) {
  std::vector<std::pair<std::int64_t, traces::OwnedEvent>> events;
  for (std::size_t i = 0; i < reader.episodes().size(); ++i) {
    std::int64_t iteration = -1;
    for (const auto& event : read_episode(reader, i)) {
      const Event view = event.view();
      if (const auto* filled = std::get_if<TokensFilled>(&view)) iteration = filled->iteration;
      events.emplace_back(iteration, event);
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, episode_of(a.second.view())) <
           std::pair(b.first, episode_of(b.second.view()));
  });
  Stream stream;
  for (auto& [iteration, event] : events) stream.push_back(std::move(event));
  return stream;
}

/// Names of all datasets.
std::vector<std::string> datasets(const H5File& file) {
  std::vector<std::string> names;
  const auto collect = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
    if (info->type == H5O_TYPE_DATASET) {
      static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    }
    return 0;
  };
  H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_INC, collect, &names, H5O_INFO_BASIC);
  return names;
}

}  // namespace

TEST_CASE("without windows, sinks and captures a file has the datasets and numbers of version 1") {
  const TemporaryFolder folder;
  {
    const traces::Reader reader("tests/format/golden/v1.h5");
    tracer::Recorder recorder(folder / "t.h5", reader.header());
    for (const auto& event : as_recorded(reader)) recorder.on(event.view());
    recorder.close();
  }
  const H5File now(folder / "t.h5", H5F_ACC_RDONLY);
  const H5File golden("tests/format/golden/v1.h5", H5F_ACC_RDONLY);
  const auto names = datasets(now);
  REQUIRE(names == datasets(golden));
  REQUIRE(names.size() > 80);
  for (const auto& name : names) {
    INFO(name);
    CHECK((now.integers(name) == golden.integers(name)));
    CHECK((now.floats(name) == golden.floats(name)));
  }
}
