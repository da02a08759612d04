#!/usr/bin/env bash
# clang-tidy over exporter/ with the commands of the release build; .clang-tidy has the checks. Takes minutes.
# usage: test/tidy.sh [FILE.cpp...], by default all of exporter/
set -euo pipefail
cd "$(dirname "$0")/.."
build=${DNSEXP_TIDY_BUILD:-build/release}
[ -e "$build/CMakeCache.txt" ] || deploy/build.sh
cmake --build "$build" --target dns_exporter_skeleton dns_calls_skeleton >/dev/null  # what the sources include
if [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <(git ls-files 'exporter/*.cpp')
fi
echo "tidy: ${#files[@]} files"
# clang-tidy counts on stderr what it left out; what it found is on stdout.
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet 2>/dev/null ||
    { echo "tidy: see above; a check that is wrong is turned off in .clang-tidy, with the reason" >&2; exit 1; }
