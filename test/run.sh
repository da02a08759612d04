#!/usr/bin/env bash
# Builds everything and runs the tests, ring by ring. A ring without tests, or a test that was not run, is a failure.
# usage: test/run.sh [STEP...], by default all of them in this order but the last:
#   format                            clang-format has nothing to change
#   lint                              test/lint.sh; with TIDY=1 clang-tidy too (minutes)
#   unit golden fuzz kernel e2e deploy bench   the rings of the release build (from kernel on they need root)
#   asan tsan                         the rings unit, golden and fuzz again, under sanitizers
#   kernels                           test/kernels/run.sh: ring kernel and some of e2e in older kernels (tens of minutes)
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
rings="unit golden fuzz kernel e2e deploy bench"
steps=${*:-format lint $rings asan tsan}
jobs=$(nproc)
summary=()
failed=0

note() { # note STEP STATUS TEXT
    summary+=("$(printf '%-7s %-6s %s' "$1" "$2" "$3")")
    if [ "$2" = FAILED ]; then failed=1; fi
}

quietly() { # quietly LOG COMMAND...: shows the output only of what fails
    local log=$1
    shift
    "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; return 1; }
}

build() { # build PRESET: once a run
    [ -e "build/.built-$1-$$" ] && return 0
    echo "== build $1"
    quietly "build/$1.configure.log" cmake --preset "$1" -DDNSEXP_TESTS=ON &&
        quietly "build/$1.build.log" cmake --build --preset "$1" -j "$jobs" && touch "build/.built-$1-$$"
}

ring() { # ring PRESET LABEL STEP: runs one ring of a build
    local count xml="build/$1/$2.xml"
    count=$(ctest --test-dir "build/$1" -L "^$2\$" -N | sed -n 's/^Total Tests: //p')
    if [ "${count:-0}" -eq 0 ]; then
        note "$3" FAILED "ring $2 has no tests"
        return
    fi
    echo "== $3: ring $2 of build/$1"
    rm -f "$xml"
    ctest --test-dir "build/$1" -L "^$2\$" --output-on-failure --no-tests=error --output-junit "$PWD/$xml"
    local status=$? skipped
    skipped=$(grep -c '<skipped' "$xml" 2>/dev/null)
    if [ "$status" -ne 0 ]; then
        note "$3" FAILED "ring $2, see above"
    elif [ "${skipped:-0}" -ne 0 ]; then
        note "$3" FAILED "ring $2 skipped $skipped of $count"
    else
        note "$3" passed "ring $2: $count"
    fi
}

format() {
    local files
    files=$(git ls-files '*.cpp' '*.h' | grep -v '^ebpf/')  # the BPF side keeps the kernel's own style
    # shellcheck disable=SC2086
    if clang-format --dry-run -Werror $files; then
        note format passed "$(wc -w <<<"$files") files"
    else
        note format FAILED "clang-format -i would change files"
    fi
}

lint() {
    if test/lint.sh; then
        note lint passed "includes, text, shell, Python$([ "${TIDY:-0}" = 1 ] && echo ", clang-tidy")"
    else
        note lint FAILED "see above"
    fi
}

kernels() {
    if test/kernels/run.sh; then
        note kernels passed "$(cat build/kernels/*/version | tr '\n' ' ')"
    else
        note kernels FAILED "see above"
    fi
}

mkdir -p build
trap 'rm -f build/.built-*-$$' EXIT
deploy/packages.sh test && deploy/civetweb.sh build/civetweb || exit 1
for step in $steps; do
    case $step in
        format) format ;;
        lint) lint ;;
        unit | golden | fuzz | kernel | e2e | deploy | bench)
            if build release; then ring release "$step" "$step"; else note "$step" FAILED "the release build failed"; fi ;;
        asan | tsan)
            if build "$step"; then
                for label in unit golden fuzz; do ring "$step" "$label" "$step"; done
            else
                note "$step" FAILED "the build failed"
            fi ;;
        kernels)
            if build release; then kernels; else note kernels FAILED "the release build failed"; fi ;;
        *) note "$step" FAILED "no such step; there are: format lint $rings asan tsan kernels" ;;
    esac
done

echo
echo "== summary"
printf '%s\n' "${summary[@]}"
exit $failed
