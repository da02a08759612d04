/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Copying a packet's octets, whatever the hook and wherever they lie: much of a packet that leaves is in page fragments,
 * which direct access can't reach. */
#ifndef LOAD_BPF_H
#define LOAD_BPF_H

#include "ebpf/dns_platform.h"

/* What kind of hook a program is for. */
enum {
	HOOK_EGRESS = 1, /* packets leave; else they arrive */
	HOOK_LOCAL = 2,  /* loopback */
	HOOK_IP = 4,     /* no Ethernet header */
	HOOK_XDP = 8,
	HOOK_LOCK = 16   /* for kernels without cmpxchg and bpf_xdp_load_bytes: before 5.18 */
};

/* XDP before 5.18 has no helper for it: eight octets at a time by direct access; a packet is one buffer there. */
static __always_inline long load_xdp_direct(struct xdp_md *xdp, __u32 at, __u8 *to, __u32 n)
{
	const __u8 *end = (const __u8 *)(long)xdp->data_end;
	const __u8 *from = (const __u8 *)(long)xdp->data + (at & 0x3fff);
	__u32 i;
	for (i = 0; i < 40; i++) {
		const __u32 offset = i * 8;
		if (offset >= n)
			return 0;
		if (offset + 8 <= n && from + offset + 8 <= end) {
			*(__u64 *)(to + offset) = *(const __u64 *)(from + offset);
		} else {
			__u32 j;
			for (j = 0; j < 8; j++) {
				if (offset + j >= n)
					return 0;
				if (from + offset + j + 1 > end)
					return -1;
				to[offset + j] = from[offset + j];
			}
		}
	}
	return -1;
}

/* n octets at `at` to `to`; 0, or an error. n must be bounded for the verifier by the caller. */
static __always_inline long load_bytes(void *ctx, const __u32 how, __u32 at, void *to, __u32 n)
{
	if (!(how & HOOK_XDP))
		return bpf_skb_load_bytes(ctx, at, to, n);
	if (how & HOOK_LOCK)
		return load_xdp_direct(ctx, at, to, n);
	return bpf_xdp_load_bytes(ctx, at, to, n);
}

/* The first octets of a payload, at most `most`, which is a constant. Returns how many; 0 where the kernel refuses. */
static __always_inline __u32 load_message(void *ctx, const __u32 how, __u32 at, void *to, __u32 n, const __u32 most)
{
	if (n > most)
		n = most;
	DNS_OPAQUE(n);
	if (n < 1 || n > most)
		return 0;
	return load_bytes(ctx, how, at, to, n) ? 0 : n;
}

#endif
