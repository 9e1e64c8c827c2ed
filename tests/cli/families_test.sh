#!/usr/bin/env bash
# Every family in every stored type goes through record, check, info and analyze. What is computed is
# verified in tests/reference/families; this is about the commands.
# usage: families_test.sh <pagequest> <repository>
set -u
pagequest=$1
cd "$2" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
checkpoints=0

# run <arguments...>: a command that must succeed; its output is in $work/stdout.
run() {
  "$pagequest" "$@" >"$work/stdout" 2>"$work/stderr" && return
  local got=$?
  failures=$((failures + 1))
  echo "FAIL: pagequest $* (exit $got)"
  sed 's/^/    /' "$work/stdout" "$work/stderr"
}

# says <text>: in the output of the last command.
says() {
  grep -qF -- "$1" "$work/stdout" && return
  failures=$((failures + 1))
  echo "FAIL: no '$1' in the output for $model:"
  sed 's/^/    /' "$work/stdout"
}

{
  echo '{"prompt": "w5 w9 w12 w40 w41 w42 w3"}'
  echo '{"prompt": "w7", "max_tokens": 3}'
} >"$work/prompts.jsonl"

for model in tests/reference/families/*/{f32,bf16,fp8,mxfp4}; do
  [ -f "$model/config.json" ] || continue
  checkpoints=$((checkpoints + 1))
  trace=$work/$checkpoints.h5
  run record --model "$model" --task prompts --prompts "$work/prompts.jsonl" --policy full \
    --turn-max-tokens 24 --page-size 16 -o "$trace"
  run check "$trace"
  run info "$trace" --json
  says '"policy"'
  run analyze "$trace" -o "$work/$checkpoints"
  if [ ! -s "$work/$checkpoints/peak_tokens.csv" ]; then
    failures=$((failures + 1))
    echo "FAIL: analyze made no table of peak tokens for $model"
  fi
done

# Rounded as they are loaded.
for weights in int8 fp8; do
  for model in tests/reference/families/{qwen3/fp8,gpt_oss/bf16}; do
    checkpoints=$((checkpoints + 1))
    trace=$work/$checkpoints.h5
    run record --model "$model" --weights "$weights" --task prompts \
      --prompts "$work/prompts.jsonl" --policy full --turn-max-tokens 24 -o "$trace"
    run check "$trace"
    run info "$trace" --json
    says "\\\"weights\\\":\\\"$weights\\\""  # in the configuration, a JSON text in a JSON text
    run analyze "$trace" -o "$work/$checkpoints"
  done
done

# Seven families, two types each, two quantised ones, and two that are rounded to two types.
if [ "$checkpoints" -lt 20 ]; then
  failures=$((failures + 1))
  echo "FAIL: only $checkpoints checkpoints in tests/reference/families"
fi
echo "$((checkpoints * 4 - failures)) passed, $failures failed"
[ "$failures" -eq 0 ]
