// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "tests/format/h5_edit.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/check.h"

using namespace pagequest;
using namespace pagequest::testing;

namespace {

/// The message of the input error that reading everything in the file gives, or "" if it gives
/// none.
std::string refusal(const std::filesystem::path& path) {
  try {
    const traces::Reader reader(path);
    traces::EventCollector collector;
    for (std::size_t i = 0; i < reader.episodes().size(); ++i) reader.replay(i, collector);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::input ? error.what() : "another kind of error";
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Refusal of a small trace after `edit`, which keeps all of HDF5's checksums right.
std::string refusal_after(const std::function<void(H5File&)>& edit,
                          const SyntheticOptions& options = kSmall) {
  const TemporaryFolder folder;
  record(folder / "t.h5", options);
  {
    H5File file(folder / "t.h5");
    edit(file);
  }
  return refusal(folder / "t.h5");
}

std::string refusal_after_set(const std::string& name, std::int64_t value, std::size_t index = 0) {
  return refusal_after([&](H5File& file) { file.set(name, index, value); });
}

}  // namespace

TEST_CASE("editing a trace without a change leaves it readable") {
  CHECK(refusal_after([](H5File& file) { file.set("steps/step", 0, 0); }).empty());
}

TEST_CASE("a file that is missing, a folder, empty or a text is refused by name") {
  const TemporaryFolder folder;
  CHECK(contains(refusal(folder / "missing.h5"), "No such file"));
  CHECK(contains(refusal(folder / "missing.h5"), "missing.h5"));
  CHECK_FALSE(refusal(folder / ".").empty());
  std::ofstream(folder / "empty.h5").flush();
  CHECK_FALSE(refusal(folder / "empty.h5").empty());
  std::ofstream(folder / "text.h5") << std::string(100000, 'a');
  CHECK(contains(refusal(folder / "text.h5"), "not a readable HDF5 file"));
}

TEST_CASE("a foreign HDF5 file is refused with what was expected") {
  const TemporaryFolder folder;
  create_empty_hdf5(folder / "other.h5");
  const std::string message = refusal(folder / "other.h5");
  CHECK(contains(message, "not a PageQuest trace"));
  CHECK(contains(message, "pagequest-trace"));
}

TEST_CASE("a newer version is refused with the version found and the one expected") {
  const std::string message =
      refusal_after([](H5File& file) { file.set_attribute("format_version", 7); });
  CHECK(contains(message, "7"));
  CHECK(contains(message, "1"));
  CHECK(contains(message, "newer PageQuest"));
}

TEST_CASE("impossible header fields are refused") {
  for (const char* name : {"page_size", "layers", "kv_heads"}) {
    for (const std::int64_t value : {std::int64_t{-1}, std::int64_t{1} << 40}) {
      INFO(name << " = " << value);
      CHECK(contains(refusal_after([&](H5File& file) { file.set_attribute(name, value); }), name));
    }
  }
}

TEST_CASE("a missing column is refused by name") {
  for (const char* name : {"steps/first", "attention/mean", "episodes/tokens_begin"}) {
    INFO(name);
    CHECK(contains(refusal_after([&](H5File& file) { file.remove(name); }), name));
  }
}

TEST_CASE("references outside their tables are refused") {
  const std::int64_t huge = std::int64_t{1} << 62;
  for (const char* name :
       {"episodes/steps_begin", "episodes/steps_count", "episodes/attention_blocks_begin",
        "episodes/attention_pages_count", "episodes/tokens_count", "steps/tokens_begin",
        "tools/name_begin", "joins/cursors_begin", "attention/steps/block",
        "attention/blocks/pages_begin", "attention/blocks/values_begin"}) {
    for (const std::int64_t value : {huge, std::int64_t{-1}, std::int64_t{1} << 20}) {
      INFO(name << " = " << value);
      CHECK(contains(refusal_after_set(name, value), "inconsistent"));
    }
  }
}

TEST_CASE("numbers that no event can have are refused") {
  CHECK(contains(refusal_after_set("events/kind", 14, 3), "unknown kind of event"));
  CHECK(contains(refusal_after_set("events/kind", 10, 3), "inconsistent"));
  CHECK(contains(refusal_after_set("events/kind", 5, 3), "inconsistent"));
  CHECK(contains(refusal_after_set("steps/thread", 2), "unknown thread"));
  CHECK(contains(refusal_after_set("steps/kind", 2), "unknown kind of step"));
  CHECK(contains(refusal_after_set("episodes/outcome", 4), "unknown outcome"));
  CHECK(contains(refusal_after_set("steps/first", -5), "negative position"));
  CHECK(contains(refusal_after_set("tools/response_count", -5), "impossible number of tokens"));
  CHECK(contains(refusal_after_set("tools/response_first", 2147483647), "impossible number"));
  CHECK(contains(refusal_after_set("attention/pages/page", -1), "negative page"));
  CHECK(contains(refusal_after_set("attention/blocks/steps", 33), "too many steps"));
  CHECK(contains(refusal_after_set("attention/blocks/steps", 1), "step outside its block"));
  CHECK(contains(refusal_after_set("attention/steps/slot", -1), "step outside its block"));
  CHECK(contains(refusal_after_set("steps/tokens_count", -1), "inconsistent"));
}

TEST_CASE("a capture that the header announces and the file lacks is refused by name") {
  const auto refusal_without = [](const char* name) {
    return refusal_after([&](H5File& file) { file.remove(name); }, kSmallCaptured);
  };
  for (const char* name :
       {"attention/query_head_mass", "attention/tokens_above", "attention/first_page",
        "attention/sink_share", "attention/query_cosine", "key_bounds/lowest", "key_bounds/highest",
        "key_bounds/pages/page", "episodes/key_bounds_pages_begin", "requantisations/key_bits",
        "episodes/requantisations_count", "key_reads/steps/step", "key_reads/tokens",
        "episodes/key_reads_steps_begin"}) {
    INFO(name);
    CHECK(contains(refusal_without(name), name));
  }
}

TEST_CASE("a capture that the header doesn't announce is refused by name") {
  for (const auto& [attribute, name] :
       {std::pair{"captures_query_heads", "attention/query_head_mass"},
        std::pair{"captures_sink_share", "attention/sink_share"},
        std::pair{"captures_query_cosine", "attention/query_cosine"},
        std::pair{"captures_key_bounds", "key_bounds/lowest"},
        std::pair{"captures_requantisations", "requantisations"},
        std::pair{"captures_key_reads", "key_reads/steps"}}) {
    const std::string message =
        refusal_after([&](H5File& file) { file.set_attribute(attribute, 0); }, kSmallCaptured);
    INFO(attribute);
    CHECK(contains(message, "does not announce"));
    CHECK(contains(message, name));
  }
  for (const auto& [attribute, name] : {std::pair{"thresholds", "attention/tokens_above"},
                                        std::pair{"windows", "attention/first_page"}}) {
    const std::string message =
        refusal_after([&](H5File& file) { file.remove_attribute(attribute); }, kSmallCaptured);
    INFO(attribute);
    CHECK(contains(message, "does not announce"));
    CHECK(contains(message, name));
  }
}

TEST_CASE("a header whose captures don't fit its shape is refused") {
  const auto refusal_with = [](const char* attribute, std::int64_t value) {
    return refusal_after([&](H5File& file) { file.set_attribute(attribute, value); },
                         kSmallCaptured);
  };
  CHECK(contains(refusal_with("captures_query_heads", 2), "captures_query_heads"));
  CHECK(contains(refusal_with("query_heads", 5), "query heads share KV heads evenly"));
  CHECK(contains(refusal_with("page_size", 65), "a token set has a bit a token"));
  CHECK(contains(refusal_with("layers", 3), "a window a layer"));
}

TEST_CASE("windows and thresholds that are no numbers of tokens and no probabilities are refused") {
  const auto refusal_with = [](const char* attribute, const std::vector<double>& values) {
    return refusal_after([&](H5File& file) { file.set_list(attribute, values); }, kSmallCaptured);
  };
  CHECK(contains(refusal_with("windows", {0, -1}), "windows"));
  CHECK(contains(refusal_with("thresholds", {0.5, 0.01}), "ascending"));
  CHECK(contains(refusal_with("thresholds", {0.0, 0.5}), "ascending"));
  CHECK(contains(refusal_with("thresholds", {0.5, 1.5}), "ascending"));
}

TEST_CASE("captured numbers that no event can have, and references to none, are refused") {
  const auto refusal_with = [](const char* name, std::int64_t value, std::size_t index) {
    return refusal_after([&](H5File& file) { file.set(name, index, value); }, kSmallCaptured);
  };
  CHECK(contains(refusal_with("attention/first_page", -1, 1), "first page"));
  CHECK(contains(refusal_with("attention/first_page", 1000, 1), "first page"));
  CHECK(contains(refusal_with("key_bounds/pages/page", -1, 0), "negative page"));
  CHECK(contains(refusal_with("key_bounds/pages/thread", 2, 0), "unknown thread"));
  CHECK(contains(refusal_with("requantisations/layer", 2, 0), "no such layer"));
  CHECK(contains(refusal_with("requantisations/layer", -2, 0), "no such layer"));
  CHECK(contains(refusal_with("requantisations/kv_head", 2, 0), "no such KV head"));
  CHECK(contains(refusal_with("requantisations/first", -1, 0), "negative position"));
  CHECK(contains(refusal_with("key_reads/steps/thread", 2, 0), "unknown thread"));
  for (const std::int64_t value :
       {std::int64_t{-1}, std::int64_t{1} << 20, std::int64_t{1} << 62}) {
    INFO(value);
    for (const char* name : {"key_bounds/pages/values_begin", "episodes/key_bounds_pages_begin",
                             "episodes/key_bounds_pages_count", "episodes/requantisations_begin",
                             "episodes/key_reads_steps_count", "episodes/attention_steps_begin",
                             "attention/blocks/values_begin"}) {
      INFO(name);
      CHECK(contains(refusal_with(name, value, 0), "inconsistent"));
    }
  }
}

TEST_CASE("the check reports an unreadable episode and goes on with the next one") {
  const TemporaryFolder folder;
  record(folder / "t.h5", kSmall);
  {
    H5File file(folder / "t.h5");
    file.set("steps/first", 0, -5);
  }
  const auto findings = traces::check_trace(traces::Reader(folder / "t.h5"));
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == "readable");
  CHECK(findings[0].severity == traces::Severity::error);
}
