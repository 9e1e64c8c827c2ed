// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/job_template.h"

#include "tests/unit/sweep/sweep_support.h"

namespace pagequest::simulator {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Templates name the folder, the shards and the threads, and leave no mark") {
  for (const auto* scheduler : {"slurm", "k8s"}) {
    const auto text = job_template(scheduler, {.folder = "/data/s", .shards = 8, .threads = 3});
    CAPTURE(text);
    CHECK(has(text, "/data/s"));
    CHECK(has(text, "3"));
    CHECK(!has(text, "@"));
  }
  CHECK(has(job_template("slurm", {.folder = "s", .shards = 8}), "--array=0-7\n"));
  CHECK(has(job_template("k8s", {.folder = "s", .shards = 8}), "completions: 8\n"));
  CHECK(has(job_template("k8s", {.folder = "s", .shards = 8}), "--shard, k8s/8,"));
}

TEST_CASE("An unknown scheduler is an error that lists the known ones") {
  CHECK(has(message_of([] { return job_template("pbs", {}); }), "k8s, slurm"));
}

}  // namespace
}  // namespace pagequest::simulator
