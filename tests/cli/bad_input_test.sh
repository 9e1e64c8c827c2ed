#!/usr/bin/env bash
# Bad input: each case must exit with its documented code, say what is wrong, and leave nothing
# half-written. usage: bad_input_test.sh <pagequest> <repository>
set -u
pagequest=$1
cd "$2" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
cases=0

# expect <exit code> <text in stderr> <arguments...>
expect() {
  local code=$1 text=$2
  shift 2
  "$pagequest" "$@" >"$work/stdout" 2>"$work/stderr"
  local got=$?
  cases=$((cases + 1))
  if [ "$got" -ne "$code" ] || ! grep -qF -- "$text" "$work/stderr"; then
    failures=$((failures + 1))
    echo "FAIL: pagequest $*"
    echo "  expected exit $code with '$text', got exit $got with:"
    sed 's/^/    /' "$work/stderr"
  fi
}

record=(record --task pocket-hops --setting short --episodes 1 -o "$work/t.h5")

# Names.
expect 2 'did you mean `policies`' list polices
expect 2 'did you mean `streaming`' "${record[@]}" --policy streming --budget 256
expect 2 'did you mean `pocket-hops`' record --task pocket-hop --episodes 1 -o "$work/t.h5"
expect 2 'one of: default, long, short, tiny' record --task pocket-hops --setting huge --episodes 1 -o "$work/t.h5"
expect 2 'one of: stored, int8, fp8, bf16' "${record[@]}" --weights fp4
expect 2 'one of: stored, int8, fp8, bf16' bench engine --geometry tiny --weights fp4
expect 2 'sink_tokens' "${record[@]}" --policy streaming --budget 256 --policy-param sinks=4
expect 2 '' record
expect 2 '' frobnicate

# Impossible settings.
expect 2 'budget' "${record[@]}" --policy streaming --budget 8
expect 2 'budget' "${record[@]}" --policy h2o
expect 2 'budget' "${record[@]}" --policy full --budget 100
expect 2 'page' "${record[@]}" --page-size 0
expect 2 'page' "${record[@]}" --page-size 65
expect 2 'episodes' record --task pocket-hops --episodes 0 -o "$work/t.h5"
expect 2 'pages' "${record[@]}" --pool-pages 4
for value in 0 -5; do
  expect 2 'context-limit' "${record[@]}" --context-limit "$value"
  expect 2 'aux-max-tokens' "${record[@]}" --aux-max-tokens "$value"
  expect 2 'turn-max-tokens' "${record[@]}" --turn-max-tokens "$value"
done
expect 2 'first-episode' "${record[@]}" --first-episode -1
expect 2 'first-episode' record --task pocket-hops --first-episode 2147483647 --episodes 3 -o "$work/t.h5"
for option in --query-heads --query-cosine --key-bounds '--thresholds 0.1'; do
  # shellcheck disable=SC2086
  expect 2 "option ${option%% *}" "${record[@]}" --no-attention $option
done

# Devices: what a build or a machine lacks is named with the way out.
expect 2 'did you mean `cpu`' "${record[@]}" --device gpu
expect 2 'policy_lag_steps' "${record[@]}" --policy-lag 65
expect 2 'policy_lag_steps' "${record[@]}" --policy-lag -2
if ! "$pagequest" inspect --iterations 1 --device cuda >"$work/stdout" 2>"$work/stderr"; then
  code=2
  grep -q 'not built in' "$work/stderr" || code=6
  expect $code '--device cpu' "${record[@]}" --device cuda
  expect $code '--device cpu' study -o "$work/study" --device cuda
  expect $code '--device cpu' bench engine --geometry tiny --device cuda
fi

# Benchmarks that the model's context has no room for.
expect 2 '--depth' bench engine --geometry tiny --depth 1000000
expect 2 '--depth' bench engine --geometry tiny --depth 0,4090
expect 2 '1000000' bench engine --geometry tiny --prompt 1000000
expect 2 '-3' bench engine --geometry tiny --depth -3
expect 2 '-2' bench engine --geometry tiny --repetitions -2

# Studies: nothing is recorded before all of it is known to be possible.
study=(study --setting short --episodes 1 -o "$work/study")
expect 2 'no budget' "${study[@]}" --policies streaming,sidequest
expect 2 'unknown policy `nonsense`' "${study[@]}" --policies full,nonsense
expect 2 'at least 32' "${study[@]}" --policies full,streaming --budget 3
expect 2 'capture is off' "${study[@]}" --policies full,h2o --budget 256 --no-attention
expect 2 'gpt-oss-20b' "${study[@]}" --policies full --serve gpt-5
if [ -e "$work/study" ]; then
  failures=$((failures + 1))
  echo "FAIL: a refused study left a folder behind"
fi

# Text tasks: files that are missing, not wanted, or malformed.
text=(record --model tests/reference/tiny -o "$work/t.h5")
expect 2 'option --prompts' "${text[@]}" --task prompts
expect 2 'option --corpus' "${text[@]}" --task corpus --questions engine/agent/tasks/sample_corpus/questions.jsonl
expect 2 'no use for this file' "${record[@]}" --prompts "$work/p.jsonl"
expect 3 "$work/p.jsonl" "${text[@]}" --task prompts --prompts "$work/p.jsonl"
echo '{"prompt": "w3 w4"}' >"$work/p.jsonl"
expect 2 'did you mean `chatml`' "${text[@]}" --task prompts --prompts "$work/p.jsonl" --chat chatlm
expect 3 '<|im_end|>' "${text[@]}" --task prompts --prompts "$work/p.jsonl" --chat chatml
expect 2 'indices from 0 to 0' "${text[@]}" --task prompts --prompts "$work/p.jsonl" --episodes 2
expect 2 'expert' "${text[@]}" --task prompts --prompts "$work/p.jsonl" --policy hindsight
expect 2 'expert' export-task --task prompts
expect 2 'expert' study --model tests/reference/tiny --task prompts --prompts "$work/p.jsonl" \
  --policies full,hindsight -o "$work/study"
echo '{"prompt": 5}' >>"$work/p.jsonl"
expect 3 'line 2, field `prompt`' "${text[@]}" --task prompts --prompts "$work/p.jsonl"
echo '{"url": "a", "title": "b"}' >"$work/d.jsonl"
expect 3 'line 1, field `text`' corpus build --documents "$work/d.jsonl" -o "$work/c.sqlite"
echo 'hello' >"$work/c.sqlite"
expect 3 "$work/c.sqlite" "${text[@]}" --task corpus --corpus "$work/c.sqlite" \
  --questions engine/agent/tasks/sample_corpus/questions.jsonl
expect 4 '/dev/null/c.sqlite' corpus build -o /dev/null/c.sqlite \
  --documents engine/agent/tasks/sample_corpus/documents.jsonl
expect 2 '' corpus

# JSON that nests deeply.
brackets=$(printf '%0100000d' 0 | tr 0 '[')
closing=$(printf '%0100000d' 0 | tr 0 ']')
echo "{\"messages\": $brackets$closing}" >"$work/deep.jsonl"
expect 3 'deeper than 100' "${text[@]}" --task prompts --prompts "$work/deep.jsonl"
echo "{\"messages\": $brackets" >"$work/deep.jsonl"
expect 3 'deeper than 100' "${text[@]}" --task prompts --prompts "$work/deep.jsonl"
echo "{\"url\": $brackets$closing}" >"$work/deep.jsonl"
expect 3 'deeper than 100' corpus build --documents "$work/deep.jsonl" -o "$work/new.sqlite"
echo "{\"seed\": $brackets$closing}" >"$work/deep.json"
expect 3 'deeper than 100' "${record[@]}" --config "$work/deep.json"

# Models: missing, truncated, foreign.
expect 3 'config.json' "${record[@]}" --model "$work/nowhere"
cp -r engine/pocket "$work/model"
head -c 1000 engine/pocket/model.safetensors >"$work/model/model.safetensors"
expect 3 'model.safetensors' "${record[@]}" --model "$work/model"
cp engine/pocket/model.safetensors "$work/model/"
echo '{"model": {"type": "Unigram"}}' >"$work/model/tokenizer.json"
expect 3 'tokenizer.json' "${record[@]}" --model "$work/model"
cp engine/pocket/tokenizer.json "$work/model/"
echo '{"architectures": ["GPT2LMHeadModel"]}' >"$work/model/config.json"
expect 3 'config.json' "${record[@]}" --model "$work/model"
echo 'not json' >"$work/model/config.json"
expect 3 'config.json' "${record[@]}" --model "$work/model"
if [ -e "$work/t.h5" ] || [ -e "$work/t.h5.partial" ]; then
  failures=$((failures + 1))
  echo "FAIL: a refused recording left a file behind"
fi

# Traces: missing, foreign, truncated, not writable.
expect 3 "$work/none.h5" check "$work/none.h5"
echo 'hello' >"$work/foreign.h5"
expect 3 "$work/foreign.h5" check "$work/foreign.h5"
expect 3 "$work/foreign.h5" analyze "$work/foreign.h5" -o "$work/out"
expect 3 "$work/foreign.h5" simulate "$work/foreign.h5" --machine h100-sxm-80gb --serve gpt-oss-20b -o "$work/out"
expect 3 "$work/foreign.h5" report "$work/foreign.h5" -o "$work/report.html"
expect 4 '/dev/null/t.h5' record --task pocket-hops --setting short --episodes 1 -o /dev/null/t.h5

"$pagequest" "${record[@]}" --seed 5 >/dev/null 2>&1 || {
  failures=$((failures + 1))
  echo "FAIL: a plain recording"
}
expect 0 '' check "$work/t.h5"
size=$(stat -c %s "$work/t.h5")
for part in 1 2 3; do
  head -c $((size * part / 4)) "$work/t.h5" >"$work/cut.h5"
  expect 3 "$work/cut.h5" check "$work/cut.h5"
done
expect 2 'did you mean `h100-' simulate "$work/t.h5" --machine h100 --serve gpt-oss-20b -o "$work/out"
expect 2 'gpt-oss-20b' simulate "$work/t.h5" --machine h100-sxm-80gb --serve gpt-5 -o "$work/out"
expect 2 'reuse-distance' analyze "$work/t.h5" --analysis reuse -o "$work/out"

# Configuration files.
echo '{"episods": 3}' >"$work/config.json"
expect 2 'did you mean `episodes`' "${record[@]}" --config "$work/config.json"
echo '{"policy": 3}' >"$work/config.json"
expect 2 'policy' "${record[@]}" --config "$work/config.json"

echo '{"concurrency": 4294967297}' >"$work/config.json"
expect 2 'concurrency' "${record[@]}" --config "$work/config.json"

# What is not recorded is said, not shown as empty.
"$pagequest" "${record[@]}" --no-attention >/dev/null 2>&1
expect 0 'recorded with --no-attention' analyze "$work/t.h5" --analysis page-popularity
"$pagequest" info "$work/t.h5" >"$work/info"
cases=$((cases + 1))
if ! grep -qE '^captures +none$' "$work/info" || ! grep -qF '"chat":"pocket"' "$work/info" ||
  ! grep -qF '"turn_max_tokens":256' "$work/info"; then
  failures=$((failures + 1))
  echo "FAIL: info of a recording without attention"
fi

# A full disk: the limit on file size stands for it.
(ulimit -f 64; trap '' XFSZ; "$pagequest" record --task pocket-hops --setting short --episodes 40 \
  -o "$work/full.h5" >/dev/null 2>"$work/stderr")
got=$?
cases=$((cases + 1))
if [ "$got" -ne 4 ]; then
  failures=$((failures + 1))
  echo "FAIL: a full disk: expected exit 4, got $got"
  cat "$work/stderr"
fi

# An interrupt: exit 130, and the trace is whole.
"$pagequest" record --task pocket-hops --setting default --episodes 100000 -o "$work/i.h5" \
  >/dev/null 2>&1 &
pid=$!
sleep 4
kill -INT "$pid"
wait "$pid"
got=$?
cases=$((cases + 1))
if [ "$got" -ne 130 ]; then
  failures=$((failures + 1))
  echo "FAIL: an interrupt: expected exit 130, got $got"
fi
expect 0 '' check "$work/i.h5"

echo "$((cases - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
