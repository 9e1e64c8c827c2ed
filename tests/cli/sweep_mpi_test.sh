#!/usr/bin/env bash
# MPI ranks share a sweep and give the bytes of threads; a rank that is killed ends the job, and the
# sweep goes on from there. Skipped (77) where MPI is not built in.
# usage: sweep_mpi_test.sh <pagequest> <repository>
set -eu
pagequest=$1
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if "$pagequest" sweep run "$work" --mpi 2>&1 | grep -q "not built in" || ! command -v mpirun >/dev/null; then
  echo "skipped: no MPI"
  exit 77
fi
ranks=(mpirun --oversubscribe -n 3)
if [ "$(id -u)" -eq 0 ]; then ranks+=(--allow-run-as-root); fi

"$pagequest" record --task pocket-hops --setting tiny --episodes 6 --seed 5 --policy sidequest \
  -o "$work/t.h5" >/dev/null 2>&1
cat >"$work/grid.yaml" <<END
fixed: {trace: $work/t.h5, requests: 400}
axes:
  concurrency: {from: 1, to: 64, times: 2}
  max_batch_tokens: {from: 512, to: 5120, step: 512}
END
{
  cat "$work/grid.yaml"
  echo "search: {maximise: [output_throughput], minimise: [tpot_p99], points: 50}"
} >"$work/search.yaml"

sweep() { "$pagequest" sweep "$@" >>"$work/out" 2>&1; }

for kind in grid search; do
  for name in threads ranks aborted; do sweep plan "$work/$kind.yaml" -o "$work/$kind.$name"; done
  sweep run "$work/$kind.threads" --jobs 2
  "${ranks[@]}" "$pagequest" sweep run "$work/$kind.ranks" --mpi 2>>"$work/out"

  "${ranks[@]}" "$pagequest" sweep run "$work/$kind.aborted" --mpi >>"$work/out" 2>&1 &
  job=$!
  until [ "$(find "$work/$kind.aborted/results" -name '*.json' | wc -l)" -gt 0 ]; do sleep 0.02; done
  victim=$(pgrep -P "$job" | tail -1)
  if [ -n "$victim" ]; then kill -9 "$victim"; fi
  status=0
  wait "$job" || status=$?
  if [ -n "$victim" ] && [ "$status" -eq 0 ]; then
    echo "a killed rank did not end the job" >&2
    exit 1
  fi
  "${ranks[@]}" "$pagequest" sweep run "$work/$kind.aborted" --mpi 2>>"$work/out"

  for name in threads ranks aborted; do sweep collect "$work/$kind.$name"; done
  for name in ranks aborted; do
    for file in points.csv points.sqlite; do
      cmp "$work/$kind.threads/$file" "$work/$kind.$name/$file"
    done
    diff -r "$work/$kind.threads/results" "$work/$kind.$name/results"
  done
done
echo "4 passed, 0 failed"
