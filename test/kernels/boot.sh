#!/usr/bin/env bash
# Boots one kernel with the tests as its only work, and writes what its console says to LOG.
# usage: test/kernels/boot.sh KERNEL_FOLDER ROOT_ARCHIVE PLAN LOG
set -euo pipefail
kernel=${1:?usage: test/kernels/boot.sh KERNEL_FOLDER ROOT_ARCHIVE PLAN LOG}
root=$2 plan=$3 log=$4
most_seconds=3600  # a guest that does not end by itself
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/own"
cp -r "$kernel/modules" "$work/own/modules"
cp "$plan" "$work/own/plan"
(cd "$work/own" && find . | cpio -o -H newc --quiet) | cat "$root" - >"$work/initrd"
# TCG runs everywhere; KVM inside a virtual machine often does not, and the kernels need no speed.
timeout "$most_seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -display none -serial "file:$log" \
    -monitor none -nic none -no-reboot -kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
    -append "console=ttyS0 quiet loglevel=1 panic=-1"
