#!/usr/bin/env bash
# Line coverage of what each target is for, by its corpus. Exit status 1 where a file is below the least.
# usage: test/fuzz/coverage.sh [TARGET...], by default all targets
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
least=95 # percent
build=build/fuzz-coverage
version=14 # of clang and its tools: they must fit
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(frame message differential stream edns alias name_text blocklist_lines config web_config http http_bytes)

# Of each file all functions, or those whose names match what stands behind the colon: the seeded hashes have no bounds to
# break, most of names.cpp is tables, files are opened before their text is read, and a server starts before it is spoken to.
hashes='!dns_transaction_tag|dns_address_hash'
opens='!load_config|load_web_config'
starts='!start|make|parse_all|bound_addresses|on_tls'
files() { # files TARGET
    case $1 in
        frame) echo ebpf/dns_{cursor,link,ip,transport,frame,tunnel,unreachable}.h ;;
        message) echo "ebpf/dns_message.h:$hashes|dns_is_multicast" ;;
        differential) echo ebpf/dns_{cursor,link,ip,transport,frame,tunnel}.h "ebpf/dns_message.h:$hashes" ;;
        stream) echo ebpf/dns_stream.h ;;
        edns) echo ebpf/dns_edns.h ;;
        alias) echo ebpf/dns_alias.h ;;
        blocklist_lines) echo exporter/blocklist/{adblock,dnsmasq,rpz,unbound,words}_parser.cpp ;;
        config) echo exporter/config/{config_export,config_security,config_values,environment,yaml_document,yaml_walk}.cpp \
            "exporter/config/config_file.cpp:$opens" ;;
        web_config) echo exporter/web/{go_values,web_keys}.cpp "exporter/web/web_config.cpp:$opens" ;;
        http) echo exporter/http/{api,content_coding,local_peer,token}.cpp exporter/api/parameters.cpp ;;
        http_bytes) echo "exporter/http/server.cpp:$starts" ;;
        name_text) echo 'exporter/fold/names.cpp:append_|presentation_name|printable_text' ;;
        *) echo "no such target: $1" >&2; exit 1 ;;
    esac
}

mkdir -p "$build"
flags="-fprofile-instr-generate -fcoverage-mapping"
{
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DDNSEXP_FUZZERS=ON -DCMAKE_C_COMPILER="clang-$version" \
        -DCMAKE_CXX_COMPILER="clang++-$version" -DCMAKE_CXX_FLAGS="$flags" -DCMAKE_EXE_LINKER_FLAGS="$flags" &&
        cmake --build "$build" -j "$(nproc)"
} >"$build/build.log" 2>&1 || { tail -n 40 "$build/build.log" >&2; exit 1; }

failed=0
printf '%-14s %-28s %7s %7s %8s\n' target file lines missed covered
for target in "${targets[@]}"; do
    program=$build/test/fuzz/fuzz_$target
    LLVM_PROFILE_FILE=$build/$target.profraw "$program" -runs=0 "test/fuzz/corpus/$target" >"$build/$target.log" 2>&1 ||
        { tail -n 20 "$build/$target.log" >&2; exit 1; }
    "llvm-profdata-$version" merge -o "$build/$target.profdata" "$build/$target.profraw" || exit 1
    list=$(files "$target") || exit 1
    for entry in $list; do
        # A row of a function has its lines and missed lines in columns 5 and 6; the mangled name has no blanks.
        "llvm-cov-$version" report "$program" -instr-profile="$build/$target.profdata" -show-functions "${entry%%:*}" |
            awk -v target="$target" -v entry="$entry" -v least=$least '
                BEGIN { split(entry, part, ":"); wanted = part[2]; inverted = sub(/^!/, "", wanted) }
                $1 == "TOTAL" || $2 !~ /^[0-9]+$/ { next }
                wanted == "" || ($1 ~ wanted) != inverted { lines += $5; missed += $6 }
                END {
                    covered = lines ? 100 * (lines - missed) / lines : 0
                    printf "%-14s %-28s %7d %7d %7.1f%%%s\n", target, part[1], lines, missed, covered,
                        covered < least ? "  TOO LOW" : ""
                    exit covered < least
                }' || failed=1
    done
done
exit $failed
