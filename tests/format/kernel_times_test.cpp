// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/rng.h"
#include "tests/format/child_process.h"
#include "tests/format/h5_edit.h"
#include "tests/format/recording.h"
#include "tests/support/temporary_folder.h"
#include "traces/check.h"
#include "traces/writer.h"

// What a file does with kernel times when it is read by hand, changed, damaged or cut short.

using namespace pagequest;
using namespace pagequest::testing;

namespace {

const SyntheticOptions kTiny{.episodes = 1, .concurrency = 1, .turns = 2};

const std::string kAnotherKind = "another kind of error";

/// The message of the input error that reading the kernel times gives, or "".
std::string refusal(const std::filesystem::path& path) {
  try {
    static_cast<void>(kernels_in(traces::Reader(path)));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::input ? error.what() : kAnotherKind;
  }
  return "";
}

/// The same after `edit`, which keeps all of HDF5's checksums right.
std::string refusal_after(const std::function<void(H5File&)>& edit) {
  const TemporaryFolder folder;
  record_with_kernels(folder / "t.h5", kTiny);
  {
    H5File file(folder / "t.h5");
    edit(file);
  }
  return refusal(folder / "t.h5");
}

std::string refusal_after_set(const std::string& name, std::int64_t value, std::size_t index = 0) {
  return refusal_after([&](H5File& file) { file.set(name, index, value); });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the documented recipe finds operation, name and time of every run") {
  const TemporaryFolder folder;
  record_with_kernels(folder / "t.h5", kTiny);
  const H5File file(folder / "t.h5", H5F_ACC_RDONLY);
  const auto expected = expected_kernels();
  const std::int64_t runs = file.integers("kernels/written/runs").back();
  REQUIRE(runs == std::ssize(expected.runs));
  const auto operation = file.integers("kernels/operation");
  const auto name = file.integers("kernels/name");
  const auto duration = file.integers("kernels/duration_ns");
  const auto begin = file.integers("kernels/names/text_begin");
  const auto count = file.integers("kernels/names/text_count");
  const auto text = file.integers("kernels/text/byte");
  const auto bytes = file.integers("operations/bytes");
  const auto kind = file.integers("operations/kind");
  for (std::size_t i = 0; i < expected.runs.size(); ++i) {
    const traces::KernelRun& run = expected.runs[i];
    REQUIRE(operation[i] == run.operation);
    REQUIRE(duration[i] == run.duration_ns);
    const auto n = static_cast<std::size_t>(name[i]);
    const auto first = text.begin() + begin[n];
    REQUIRE(std::string(first, first + count[n]) ==
            expected.names[static_cast<std::size_t>(run.name)]);
    if (run.operation < 0) continue;
    const auto o = static_cast<std::size_t>(run.operation);
    REQUIRE(bytes[o] == expected.operations[o].bytes);
    REQUIRE(kind[o] == static_cast<std::int64_t>(expected.operations[o].kind));
  }
  CHECK(file.integers("kernels/written/dropped").back() == expected.dropped);
}

TEST_CASE("references of kernels outside their tables are refused") {
  CHECK(refusal_after([](H5File& file) { file.set("kernels/operation", 0, 0); }).empty());
  const std::int64_t huge = std::int64_t{1} << 30;
  for (const std::int64_t value : {huge, std::int64_t{-2}}) {
    INFO(value);
    for (const char* name : {"kernels/operation", "kernels/name", "kernels/names/text_begin",
                             "kernels/names/text_count", "kernels/written/names",
                             "kernels/written/operations", "kernels/written/runs"}) {
      INFO(name);
      CHECK(contains(refusal_after_set(name, value), "outside its table"));
    }
  }
  CHECK(contains(refusal_after_set("kernels/name", -1), "outside its table"));
  // A name that lies over another one is no reference of ours either.
  CHECK(contains(refusal_after_set("kernels/names/text_begin", 0, 1), "outside its table"));
}

TEST_CASE("numbers that stand for no operation and no phase are refused") {
  CHECK(contains(refusal_after_set("operations/kind", 16, 3), "stands for nothing"));
  CHECK(contains(refusal_after_set("operations/phase", 3, 3), "stands for nothing"));
}

TEST_CASE("kernel times that the header announces and the file lacks are refused by name") {
  for (const char* name : {"operations/bytes", "kernels/start_ns", "kernels/names/text_count",
                           "kernels/text/byte", "kernels/written/runs"}) {
    INFO(name);
    CHECK(contains(refusal_after([&](H5File& file) { file.remove(name); }), name));
  }
  CHECK(contains(refusal_after([](H5File& file) { file.remove_attribute("kernel_clock"); }),
                 "kernel_clock"));
}

TEST_CASE("kernel times that the header does not announce are refused by name") {
  const std::string message =
      refusal_after([](H5File& file) { file.set_attribute("captures_kernels", 0); });
  CHECK(contains(message, "does not announce"));
  CHECK(contains(message, "operations"));
}

TEST_CASE("ceilings that are no speeds are refused, and may be missing") {
  for (const double value : {-1.0, HUGE_VAL, std::nan("")}) {
    INFO(value);
    CHECK(contains(refusal_after([&](H5File& file) { file.set_list("copy_gbps", {value}); }),
                   "copy_gbps"));
  }
  CHECK(refusal_after([](H5File& file) { file.remove_attribute("copy_gbps"); }).empty());
}

TEST_CASE("the check reports unreadable kernel times and goes on with the episodes") {
  const TemporaryFolder folder;
  record_with_kernels(folder / "t.h5", kTiny);
  {
    H5File file(folder / "t.h5");
    file.set("kernels/name", 0, -1);
    file.set("steps/first", 0, -5);
  }
  const auto findings = traces::check_trace(traces::Reader(folder / "t.h5"));
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].rule == "readable");
  CHECK(findings[0].episode == EpisodeId{});
  CHECK(findings[1].rule == "readable");
}

TEST_CASE("a changed byte in a file with kernel times is noticed or doesn't matter") {
  const TemporaryFolder folder;
  record_with_kernels(folder / "whole.h5", kTiny);
  const std::string whole = bytes_of(folder / "whole.h5");
  const auto expected = expected_kernels();
  Rng rng(5);
  int refused = 0;
  for (std::size_t at = 0; at < whole.size();
       at += static_cast<std::size_t>(rng.between(1, static_cast<int>(whole.size() / 200)))) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(rng.between(1, 255)));
    std::ofstream(folder / "damaged.h5", std::ios::binary | std::ios::trunc) << bytes;
    INFO("byte " << at);
    const std::string message = refusal(folder / "damaged.h5");
    CHECK(message != kAnotherKind);
    if (message.empty()) {
      CHECK(same_kernels(kernels_in(traces::Reader(folder / "damaged.h5")), expected));
    }
    refused += message.empty() ? 0 : 1;
  }
  CHECK(refused > 50);
}

TEST_CASE("the kernel times that a killed recording had committed are readable") {
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 30, .concurrency = 4};
  constexpr std::int64_t kPasses = 400;
  const auto expected = expected_kernels(kPasses);
  std::size_t most_runs = 0;
  for (std::int64_t passes = 20; passes <= kPasses; passes += 20) {
    INFO("killed after " << passes << " passes");
    const int status = run_in_child([&] {
      GivenTimer timer;
      traces::Header header = synthetic_header(options);
      header.kernel_timing = {.clock = "cupti"};
      // Every batch of times is committed.
      traces::Writer writer(folder / "t.h5", header, {.commit_bytes = 1});
      for (std::int64_t done = 0; done < passes; done += 5) {
        timer.run_passes(5);
        writer.write_kernels(timer.log().take());
      }
      std::raise(SIGKILL);
    });
    REQUIRE(WIFSIGNALED(status));
    const traces::Reader reader(traces::partial_path(folder / "t.h5"));
    const auto kernels = kernels_in(reader);
    CHECK(is_beginning(kernels, expected));
    CHECK(reader.kernel_counts().operations == passes * kOperationKinds);
    most_runs = std::max(most_runs, kernels.runs.size());
  }
  CHECK(most_runs == expected.runs.size());
}

TEST_CASE("a recording that is killed while it writes kernel times leaves a beginning of them") {
  const TemporaryFolder folder;
  const SyntheticOptions options{.episodes = 12, .concurrency = 4};
  const auto expected = expected_kernels(5000);
  std::int64_t most_operations = 0;
  for (int events = 200; events <= 2000; events += 200) {
    INFO("killed after " << events << " events");
    class KillAfter final : public EventSink {
     public:
      KillAfter(GivenTimer& timer, EventSink& next, int events)
          : timer_(timer), next_(next), left_(events) {}
      void on(const Event& event) override {
        timer_.run_passes(2);
        next_.on(event);
        if (--left_ == 0) std::raise(SIGKILL);
      }

     private:
      GivenTimer& timer_;
      EventSink& next_;
      int left_;
    };
    const int status = run_in_child([&] {
      GivenTimer timer;
      traces::Header header = synthetic_header(options);
      header.kernel_timing = {.clock = "cupti"};
      tracer::Recorder recorder(
          folder / "t.h5", header,
          {.writer = {.commit_episodes = 1}, .kernels = &timer, .queue_bytes = 1});
      KillAfter killer(timer, recorder, events);
      emit_synthetic_trace(options, killer);
    });
    REQUIRE(WIFSIGNALED(status));
    const traces::Reader reader(traces::partial_path(folder / "t.h5"));
    CHECK_FALSE(reader.was_closed());
    CHECK(is_beginning(kernels_in(reader), expected));
    most_operations = std::max(most_operations, reader.kernel_counts().operations);
  }
  CHECK(most_operations > 10000);
}
