#!/usr/bin/env bash
# A sweep that is killed at random moments and goes on gives the bytes of one that is not; threads
# and shards change nothing either; bad sweeps are refused.
# usage: sweep_test.sh <pagequest> <repository>
set -eu
pagequest=$1
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0

"$pagequest" record --task pocket-hops --setting tiny --episodes 6 --seed 5 --policy sidequest \
  -o "$work/t.h5" >/dev/null 2>&1

sweep() { "$pagequest" sweep "$@" >>"$work/out" 2>&1; }

expect_same() {
  for file in points.csv fixed.csv points.sqlite; do
    cmp "$work/whole/$file" "$1/$file"
  done
  diff -r "$work/whole/results" "$1/results"
  passed=$((passed + 1))
}

# kv_pages 1 is impossible: such points are results too.
cat >"$work/s.yaml" <<END
fixed: {trace: $work/t.h5, requests: 150}
axes:
  concurrency: {from: 1, to: 64, times: 2}
  max_batch_tokens: {from: 512, to: 2560, step: 512}
  kv_pages: [0, 1]
END
sweep plan "$work/s.yaml" -o "$work/whole"
sweep run "$work/whole" --jobs 1
sweep collect "$work/whole"
[ "$(wc -l <"$work/whole/points.csv")" -eq 71 ]
grep -q "pages" "$work/whole/points.csv"
passed=$((passed + 1))

sweep plan "$work/s.yaml" -o "$work/threads"
sweep run "$work/threads" --jobs 2
sweep collect "$work/threads"
expect_same "$work/threads"

sweep plan "$work/s.yaml" -o "$work/shards"
sweep run "$work/shards" --shard 1/3 --jobs 1
if sweep collect "$work/shards"; then
  echo "collected a sweep with points missing" >&2
  exit 1
fi
sweep collect "$work/shards" --partial
JOB_COMPLETION_INDEX=2 sweep run "$work/shards" --shard k8s/3
SLURM_ARRAY_TASK_ID=4 SLURM_ARRAY_TASK_MIN=4 SLURM_ARRAY_TASK_MAX=6 SLURM_ARRAY_TASK_COUNT=3 \
  sweep run "$work/shards" --shard slurm
sweep collect "$work/shards"
expect_same "$work/shards"

# kill -9 at random moments; each time no result may get lost.
sweep plan "$work/s.yaml" -o "$work/killed"
results() { find "$work/killed/results" -name '*.json' | wc -l; }
kills=0
before=0
RANDOM=42
for attempt in $(seq 200); do
  "$pagequest" sweep run "$work/killed" --jobs 2 >/dev/null 2>&1 &
  pid=$!
  sleep "0.0$((RANDOM % 9 + 1))"
  if kill -9 "$pid" 2>/dev/null; then kills=$((kills + 1)); fi
  wait "$pid" 2>/dev/null || true
  after=$(results)
  if [ "$after" -lt "$before" ]; then
    echo "a kill lost results: $before, then $after" >&2
    exit 1
  fi
  before=$after
  if [ "$after" -eq 70 ] || [ "$attempt" -ge 12 ]; then break; fi
done
[ "$kills" -gt 0 ]
printf '{"id": "cut' >"$work/killed/results/$(basename "$(find "$work/killed/results" -name '*.json' | sort | head -1)")"
sweep run "$work/killed"
sweep collect "$work/killed"
expect_same "$work/killed"

# A search, also killed, evaluates the same points.
cat >"$work/search.yaml" <<END
fixed: {trace: $work/t.h5, requests: 60}
axes:
  concurrency: {from: 1, to: 33, step: 2}
  max_batch_tokens: {from: 512, to: 2560, step: 256}
search: {maximise: [output_throughput], minimise: [tpot_p99], points: 40}
END
for name in search search_killed; do sweep plan "$work/search.yaml" -o "$work/$name"; done
sweep run "$work/search" --jobs 2
for _ in 1 2 3; do
  "$pagequest" sweep run "$work/search_killed" --jobs 1 >/dev/null 2>&1 &
  pid=$!
  sleep "0.0$((RANDOM % 9 + 1))"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
done
sweep run "$work/search_killed" --jobs 1
for name in search search_killed; do sweep collect "$work/$name"; done
cmp "$work/search/points.csv" "$work/search_killed/points.csv"
diff -r "$work/search/results" "$work/search_killed/results"
grep -q on_front "$work/search/points.csv"
passed=$((passed + 1))

expect_error() {
  local code=$1 text=$2 status=0
  shift 2
  "$pagequest" "$@" >"$work/stdout" 2>"$work/stderr" || status=$?
  if [ "$status" -ne "$code" ] || ! grep -q "$text" "$work/stderr"; then
    echo "$*: exit code $status, expected $code with '$text'" >&2
    cat "$work/stderr" >&2
    exit 1
  fi
  passed=$((passed + 1))
}
bad() {
  printf '%b' "$1" >"$work/bad.yaml"
  expect_error "$2" "$3" sweep plan "$work/bad.yaml" -o "$work/bad"
}
bad "fixed: {trace: $work/t.h5}\naxes:\n  concurency: [1]\n" 3 "bad.yaml, line 3"
bad "fixed: {trace: $work/t.h5}\naxes:\n  concurrency: [1, 2\n" 3 "bad.yaml, line"
bad "fixed: {trace: $work/t.h5}\naxes:\n  concurrency: [many]\n" 2 "concurrency"
bad "fixed: {trace: $work/t.h5}\naxes:\n  machine: [h1000]\n" 2 "h1000"
bad "fixed: {trace: $work/none.h5}\naxes:\n  concurrency: [1]\n" 3 "none.h5"
bad "axes:\n  concurrency: [1]\n" 2 "trace"
bad "fixed: {trace: $work/t.h5}\naxes: {hbm_utilisation: [0.9, 0.90]}\n" 2 "points 0 and 1"
bad "fixed: {trace: $work/t.h5}\naxes: {seed: [1]}\nsearch: {minimise: [tpt], points: 9}" 3 "tpot_p99"
expect_error 3 "no sweep is planned there" sweep run "$work/none"
expect_error 2 "INDEX/COUNT" sweep run "$work/whole" --shard 3/3
expect_error 2 "SLURM_ARRAY_TASK_ID" sweep run "$work/whole" --shard slurm
expect_error 2 "a search can't be split" sweep run "$work/search" --shard 0/2
expect_error 2 "k8s, slurm" sweep template pbs
# The trace changed after the plan.
cp "$work/t.h5" "$work/changed.h5"
printf 'fixed: {trace: %s}\naxes: {concurrency: [2]}\n' "$work/changed.h5" >"$work/c.yaml"
sweep plan "$work/c.yaml" -o "$work/changed"
"$pagequest" record --task pocket-hops --setting tiny --episodes 2 --seed 6 -o "$work/changed.h5" \
  >/dev/null 2>&1
expect_error 3 "planned with other inputs" sweep run "$work/changed"
bash -n <("$pagequest" sweep template slurm --folder "$work/whole" --shards 3)
echo "$passed passed, 0 failed"
