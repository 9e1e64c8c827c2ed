// SPDX-FileCopyrightText: The PageQuest authors
// SPDX-License-Identifier: Apache-2.0
#include "simulator/sweep/job_template.h"

#include "base/params.h"

namespace pagequest::simulator {
namespace {

// Sources: sbatch(1) of Slurm 22.05, "Job arrays"; Kubernetes documentation, "Indexed Job for
// parallel processing with static work assignment".
constexpr std::string_view kSlurm = R"(#!/bin/bash
#SBATCH --job-name=pagequest-sweep
#SBATCH --array=0-@LAST@
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=@THREADS@
#SBATCH --time=04:00:00
#SBATCH --requeue
# Submit again to go on where a job was stopped: points with results are skipped.
# When all tasks have ended: pagequest sweep collect @FOLDER@
set -eu
pagequest sweep run @FOLDER@ --shard slurm --jobs "$SLURM_CPUS_PER_TASK"
)";

constexpr std::string_view kKubernetes =
    R"(# When the job is complete: pagequest sweep collect @FOLDER@
apiVersion: batch/v1
kind: Job
metadata:
  name: pagequest-sweep
spec:
  completionMode: Indexed
  completions: @COUNT@
  parallelism: @COUNT@
  backoffLimit: 100 # a shard that was killed goes on where it was
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: pagequest
          image: REGISTRY/pagequest:TAG
          command: [pagequest, sweep, run, @FOLDER@, --shard, k8s/@COUNT@, --jobs, "@THREADS@"]
          resources:
            requests: {cpu: "@THREADS@", memory: 4Gi}
          volumeMounts:
            - {name: sweep, mountPath: @FOLDER@}
      volumes:
        - name: sweep # holds the manifest, the traces and the results; shared by all pods
          persistentVolumeClaim: {claimName: CLAIM}
)";

struct Template {
  std::string_view name;
  std::string_view text;
};

constexpr Template kTemplates[] = {{"k8s", kKubernetes}, {"slurm", kSlurm}};

void replace_all(std::string& text, std::string_view mark, const std::string& value) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    text.replace(at, mark.size(), value);
    at += value.size();
  }
}

}  // namespace

std::string job_template(std::string_view scheduler, const JobSize& size) {
  std::string text(entry_named("scheduler", scheduler, kTemplates).text);
  replace_all(text, "@LAST@", std::to_string(size.shards - 1));
  replace_all(text, "@COUNT@", std::to_string(size.shards));
  replace_all(text, "@THREADS@", std::to_string(size.threads));
  replace_all(text, "@FOLDER@", size.folder);
  return text;
}

}  // namespace pagequest::simulator
