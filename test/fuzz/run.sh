#!/usr/bin/env bash
# Fuzzes each target for so many seconds, two side by side, and keeps in its corpus what reaches new code.
# usage: test/fuzz/run.sh SECONDS [TARGET...], by default all targets
# Exit status 1 where one crashed or ran too long: the input that did it is named.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:?usage: test/fuzz/run.sh SECONDS [TARGET...]}
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(frame message differential stream edns alias name_text blocklist_lines config web_config http http_bytes)
side_by_side=2
work=build/fuzz/found
mkdir -p "$work"

cmake --preset fuzz >"$work/configure.log" 2>&1 || { cat "$work/configure.log" >&2; exit 1; }
cmake --build --preset fuzz -j "$(nproc)" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }

fuzz() { # fuzz TARGET
    mkdir -p "$work/$1" "test/fuzz/corpus/$1"
    "build/fuzz/test/fuzz/fuzz_$1" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
        -artifact_prefix="$work/$1-" "$work/$1" "test/fuzz/corpus/$1" >"$work/$1.log" 2>&1
    echo $? >"$work/$1.status"
}

keep() { # keep TARGET: what is new goes to the corpus
    "build/fuzz/test/fuzz/fuzz_$1" -merge=1 "test/fuzz/corpus/$1" "$work/$1" >"$work/$1.merge.log" 2>&1
}

for target in "${targets[@]}"; do
    if [ ! -x "build/fuzz/test/fuzz/fuzz_$target" ]; then
        echo "no such target: $target" >&2
        exit 1
    fi
done

for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$side_by_side" ]; do wait -n; done
    fuzz "$target" &
done
wait

failed=0
printf '%-14s %12s %9s %9s  %s\n' target executions before after result
for target in "${targets[@]}"; do
    before=$(find "test/fuzz/corpus/$target" -type f | wc -l)
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    if [ "$(cat "$work/$target.status")" -eq 0 ] && keep "$target"; then
        result=ok
    else
        result="FAILED: $(sed -n 's/.*Test unit written to //p' "$work/$target.log" | tail -n 1) (log: $work/$target.log)"
        failed=1
    fi
    printf '%-14s %12s %9s %9s  %s\n' "$target" "${executions:-?}" "$before" \
        "$(find "test/fuzz/corpus/$target" -type f | wc -l)" "$result"
done
exit $failed
