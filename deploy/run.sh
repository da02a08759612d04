#!/usr/bin/env bash
# Builds the exporter and runs it with the given arguments.
set -euo pipefail
if [ "$(id -u)" -ne 0 ]; then
    echo "run: loading eBPF programs needs root (or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON); try: sudo $0 $*" >&2
    exit 1
fi
here=$(cd "$(dirname "$0")/.." && pwd)
"$here/deploy/build.sh" >&2
case " $* " in
    *" --web."* | *" --help"* | *" --version"* | *" --config."* | *" check "* | *" watch "* | *" chains "*) ;;
    *) echo "run: the live view will be at http://localhost:10153/" >&2 ;;
esac
exec "$here/build/release/ebpf_dns_exporter" "$@"
