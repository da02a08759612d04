#!/usr/bin/env bash
# Installs the Debian packages that building needs, and with `test` those of the tests too.
# usage: deploy/packages.sh [build|test]. Does nothing when all of them are there.
set -euo pipefail
build=(clang llvm bpftool libbpf-dev libelf-dev zlib1g-dev prometheus-cpp-dev libyaml-cpp-dev
       libpsl-dev libcli11-dev libmnl-dev libssl-dev libcurl4-openssl-dev nlohmann-json3-dev
       libseccomp-dev libcrypt-dev
       cmake ninja-build g++ pkg-config git ca-certificates dpkg-dev xz-utils)
tests=(catch2 libpcap-dev libclang-rt-14-dev clang-format clang-tidy nsd unbound dnsmasq-base dnsperf bind9 bind9-dnsutils prometheus
       prometheus-alertmanager rsyslog openssl iodine dns2tcp chromium mandoc apache2-utils
       iproute2 nftables ethtool tcpdump procps python3 python3-yaml curl shellcheck musl-tools
       qemu-system-x86 seabios busybox-static cpio kmod)

case "${1:-build}" in
    build) wanted=("${build[@]}") ;;
    test) wanted=("${build[@]}" "${tests[@]}") ;;
    *) echo "usage: deploy/packages.sh [build|test]" >&2; exit 2 ;;
esac
command -v apt-get >/dev/null || { echo "packages: this needs Debian 12 or a relative with apt-get" >&2; exit 1; }

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "packages: run as root to install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
# The servers among the packages are for tests, which start their own: nothing begins to serve now or at a boot.
mask_services() {
    [ -d /run/systemd/system ] || return 0
    local package service masked=()
    for package in "${missing[@]}"; do
        case "$package" in
            nsd|unbound|prometheus|prometheus-alertmanager|rsyslog) service=$package ;;
            bind9) service=named ;;
            *) continue ;;
        esac
        masked+=("$service.service")
    done
    [ ${#masked[@]} -eq 0 ] && return 0
    echo "packages: masking ${masked[*]} (systemctl unmask gives them back)"
    "${as_root[@]}" systemctl --quiet mask "${masked[@]}"
}

echo "packages: installing ${missing[*]}"
mask_services
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@"; }
apt update
apt install -y --no-install-recommends "${missing[@]}" >/dev/null
