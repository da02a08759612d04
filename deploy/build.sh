#!/usr/bin/env bash
# Builds the exporter, dependencies included: build/release/ebpf_dns_exporter.
set -euo pipefail
cd "$(dirname "$0")/.."
deploy/packages.sh build
deploy/civetweb.sh build/civetweb
mkdir -p build
tests=()
# Without a word on tests an earlier configuration (test/run.sh's) stays as it is; a first one leaves them out.
[ -e build/release/CMakeCache.txt ] || tests=(-DDNSEXP_TESTS=OFF)
cmake --preset release "${tests[@]}" >build/release.configure.log 2>&1 || { cat build/release.configure.log >&2; exit 1; }
cmake --build --preset release --target ebpf_dns_exporter
echo "built build/release/ebpf_dns_exporter"
