#!/usr/bin/env bash
# Makes the guests' common root: the build's binaries and the tests where the checkout has them, Debian's tools, their
# libraries, Python. One archive (cpio), to which each kernel's own part is added.
# usage: test/kernels/rootfs.sh BUILD ARCHIVE
set -euo pipefail
build=$(realpath "${1:?usage: test/kernels/rootfs.sh BUILD ARCHIVE}")
archive=$(realpath -m "${2:?usage: test/kernels/rootfs.sh BUILD ARCHIVE}")
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
tools=(ip tc ss sysctl nsd nsd-control unbound unbound-control named dnsmasq dnsperf dig nsupdate setpriv unshare tcpdump env timeout
       getent)
built=(ebpf_dns_exporter test/kernel/kernel_tests test/truth/truth_kernel tools/dns_ask tools/dns_flood tools/dns_reflect)
tests=(test/e2e test/golden test/fuzz/corpus test/truth)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

put() { # put FILE...: to the same place in the guest, with the libraries it needs
    local file library
    for file in "$@"; do
        mkdir -p "$root$(dirname "$file")"
        [ -e "$root$file" ] || cp -L "$file" "$root$file"
        # A script or a static program has none.
        for library in $(ldd "$file" 2>/dev/null | grep -o '/[^ ]*'); do
            [ -e "$root$library" ] && continue
            mkdir -p "$root$(dirname "$library")"
            cp -L "$library" "$root$library"
        done
    done
}

mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root/etc"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
cp "$(command -v busybox)" "$root/usr/bin/busybox"
put /usr/bin/dash  # busybox's shell would take its own ip for the real one
ln -s dash "$root/usr/bin/sh"
for tool in "${tools[@]}"; do put "$(command -v "$tool")"; done
put /usr/bin/python3
python=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_paths()["stdlib"])')
mkdir -p "$root$python"
tar -C "$python" -c --exclude=__pycache__ --exclude='config-*' --exclude=./test --exclude=./idlelib --exclude=./tkinter \
    --exclude=./lib2to3 --exclude=./pydoc_data --exclude=./ensurepip . | tar -C "$root$python" -x
for library in "$python"/lib-dynload/*.so; do put "$library"; done

mkdir -p "$root$build/test/kernel"
cp -r "$build/test/kernel/stand_in" "$root$build/test/kernel/stand_in"
for file in "${built[@]}"; do put "$build/$file"; strip --strip-debug "$root$build/$file"; done
for folder in "${tests[@]}"; do mkdir -p "$root$PWD/$folder" && cp -r "$folder/." "$root$PWD/$folder"; done
printf '%s\n' root:x:0:0::/:/bin/sh nobody:x:65534:65534::/:/bin/false >"$root/etc/passwd"
printf '%s\n' root:x:0: nogroup:x:65534: >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
cp test/kernels/guest_init "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$archive"
