#!/usr/bin/env bash
# The long run of the benches: what the programs cost a packet, attribution a message, the user side an event and blocklists a
# name, and how well generated domains, and clients that ask for them, are found (in the names of DNSEXP_DATA, where set), with
# what is needed to judge and repeat the figures. Needs root, a release build of the tests, and a machine that does nothing else
# meanwhile.
# usage: test/bench/run.sh [OUTPUT_DIRECTORY] (build/bench)
set -euo pipefail
cd "$(dirname "$0")/../.."
output=${1:-build/bench}
tools=build/release/tools
for tool in program_cost fold_cost blocklist_cost dga_accuracy dga_clients; do
    [ -x "$tools/$tool" ] || { echo "bench: $tools/$tool is not there; run test/run.sh bench first" >&2; exit 1; }
done
if [ "$(id -u)" -ne 0 ]; then
    echo "bench: running BPF programs needs root; try: sudo $0 $*" >&2
    exit 1
fi
mkdir -p "$output"

describe() {
    echo "date      $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "revision  $(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(git diff --quiet HEAD 2>/dev/null || echo ', changed')"
    echo "machine   $(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
    echo "system    $(uname -srm), $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '"')"
    echo "jit       $(cat /proc/sys/net/core/bpf_jit_enable 2>/dev/null || echo unknown)"
    echo "load      $(cut -d ' ' -f 1-3 /proc/loadavg) before the run"
    echo "compiler  $(clang --version | head -n 1)"
    echo "repeat    test/bench/run.sh $output"
}

{
    describe
    echo
    "$tools/program_cost" --rounds 15 --json "$output/programs.json"
    echo
    "$tools/fold_cost" --rounds 15
    echo
    "$tools/blocklist_cost" --rounds 15
    echo
    "$tools/dga_accuracy" --full
    echo
    "$tools/dga_clients" 100 10000
    echo
    DNSEXP_BIN=$PWD/build/release/ebpf_dns_exporter DNSEXP_TOOLS=$PWD/$tools \
        DNSEXP_FLOOR=$PWD/build/release/test/bench/floor.bpf.o python3 -B test/bench/attribution.py --rounds 9
} | tee "$output/report.txt"
echo "written: $output/report.txt and $output/programs.json"
