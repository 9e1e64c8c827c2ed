#!/usr/bin/env bash
# The same seed gives the same trace bytes, twice, and with one and two threads.
# usage: determinism_test.sh <pagequest> <repository>
set -eu
pagequest=$1
cd "$2"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

record() {
  local out=$1
  shift
  "$pagequest" record --task pocket-hops --setting default --episodes 6 --seed 11 \
    --concurrency 4 "$@" -o "$out" >/dev/null 2>&1
}

passed=0
for policy in "sidequest" "h2o --budget 512"; do
  record "$work/one.h5" --policy $policy --threads 1
  record "$work/again.h5" --policy $policy --threads 1
  record "$work/two.h5" --policy $policy --threads 2
  cmp "$work/one.h5" "$work/again.h5"
  cmp "$work/one.h5" "$work/two.h5"
  passed=$((passed + 2))
done
record "$work/other.h5" --policy full --temperature 0.7
record "$work/greedy.h5" --policy full
if cmp -s "$work/other.h5" "$work/greedy.h5"; then
  echo "sampling at temperature 0.7 gave the greedy trace" >&2
  exit 1
fi
corpus=engine/agent/tasks/sample_corpus
"$pagequest" corpus build --documents "$corpus/documents.jsonl" -o "$work/c.sqlite" >/dev/null
echo '{"prompt": "w5 w9"}' >"$work/p.jsonl"
text() {
  local out=$1
  shift
  "$pagequest" record --model tests/reference/tiny --seed 2 --temperature 1 --turn-max-tokens 20 \
    "$@" -o "$out" >/dev/null 2>&1
  "$pagequest" check "$out" >/dev/null 2>&1
}
for task in "prompts --prompts $work/p.jsonl" \
  "corpus --questions $corpus/questions.jsonl --corpus $work/c.sqlite --view-tokens 20"; do
  text "$work/one.h5" --task $task --policy full --threads 1
  text "$work/two.h5" --task $task --policy full --threads 2
  cmp "$work/one.h5" "$work/two.h5"
  passed=$((passed + 1))
done
echo "$((passed + 1)) passed, 0 failed"
