#!/usr/bin/env bash
# Runs the ring kernel and a part of the ring e2e in older kernels, each in a virtual machine: test/kernels/README.md.
# usage: test/kernels/run.sh [KERNEL...], by default 5.10 6.1 6.12. Needs the release build with tests; no root, but for
# the packages. The environment's DNSEXP_SLOW says how much slower than this machine the guests are (10 if not set), and
# DNSEXP_KERNELS_AT_ONCE how many run beside each other.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
series=${*:-5.10 6.1 6.12}
build=build/release
folder=build/kernels
slow=${DNSEXP_SLOW:-10}
at_once=${DNSEXP_KERNELS_AT_ONCE:-2}

die() {
    echo "kernels: $*" >&2
    exit 1
}

run_kernel() { # run_kernel SERIES: boots it and leaves its results
    local one=$1 status=0
    rm -f "$folder/$one.log" "$folder/$one.results"
    python3 -B test/kernels/plan.py "$build" "$(cat "$folder/$one/version")" "$slow" >"$folder/$one.plan" || return
    test/kernels/boot.sh "$folder/$one" "$folder/root.cpio" "$folder/$one.plan" "$folder/$one.log" || status=$?
    touch "$folder/$one.log"
    [ $status -eq 0 ] || echo "@@ trouble the machine ended with status $status" >>"$folder/$one.log"
    python3 -B test/kernels/report.py "$folder/$one.plan" "$folder/$one.log" "$one" >"$folder/$one.results"
}

show() { # show SERIES: its results, and the output of what failed
    local one=$1
    echo "== kernel $one"
    awk -F '\t' '{ printf "%-6s %-20s %s %4d s  %s\n", $1, $2, $3, $4, $5 }' "$folder/$one.results"
    while IFS=$'\t' read -r _ name result _; do
        [ "$result" = failed ] || continue
        echo "-- $one $name, from $folder/$one.log:"
        awk -v name="$name" '$1 == "@@" && $2 == "start" { on = $3 == name } on { print } $1 == "@@" && $2 == "end" { on = 0 }' \
            <(tr -d '\r' <"$folder/$one.log") | tail -n 60
    done <"$folder/$one.results"
}

for tool in qemu-system-x86_64 busybox cpio depmod; do
    command -v "$tool" >/dev/null || die "$tool is missing; deploy/packages.sh test installs it"
done
[ -x "$build/test/kernel/kernel_tests" ] || die "$build has no kernel tests; test/run.sh kernel builds them"
python3 -B test/kernels/test_report.py --quiet || die "the report does not work"
# shellcheck disable=SC2086
test/kernels/fetch.sh "$folder" $series || die "could not get all kernels"
test/kernels/rootfs.sh "$build" "$folder/root.cpio" || die "could not make the guests' root"

began=$SECONDS
for one in $series; do
    while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
    run_kernel "$one" &
done
wait
failed=0
for one in $series; do
    touch "$folder/$one.results"
    show "$one"
    [ -s "$folder/$one.results" ] && ! cut -f 3 "$folder/$one.results" | grep -qv '^passed$' || failed=1
done

echo
echo "== kernels: summary, $((SECONDS - began)) s"
for one in $series; do
    printf '%-6s %-24s %s passed, %s failed, %s s\n' "$one" "$(cat "$folder/$one/version")" \
        "$(cut -f 3 "$folder/$one.results" | grep -c '^passed$')" \
        "$(cut -f 3 "$folder/$one.results" | grep -cv '^passed$')" \
        "$(awk -F '\t' '{ sum += $4 } END { print sum + 0 }' "$folder/$one.results")"
done
exit $failed
