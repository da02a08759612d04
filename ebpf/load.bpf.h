/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Copying a packet's octets, whatever the hook and wherever they lie: much of a packet that leaves is in page fragments,
 * which direct access can't reach. */
#ifndef LOAD_BPF_H
#define LOAD_BPF_H

#include "ebpf/dns_cursor.h"

/* What kind of hook a program is for. */
enum {
	HOOK_EGRESS = 1, /* packets leave; else they arrive */
	HOOK_LOCAL = 2,  /* loopback */
	HOOK_IP = 4,     /* no Ethernet header */
	HOOK_XDP = 8,
	HOOK_LOCK = 16,  /* for kernels without cmpxchg and bpf_xdp_load_bytes: before 5.18 */
	HOOK_SOCKET = 32 /* of sockets, not of interfaces */
};

/* The context's 32-bit fields stand for pointers: the compiler must not keep them as 32-bit numbers. */
static __always_inline struct dns_packet load_packet(__u64 data, __u64 end)
{
	struct dns_packet packet;
	DNS_OPAQUE(data);
	DNS_OPAQUE(end);
	packet.data = (const __u8 *)data;
	packet.end = (const __u8 *)end;
	return packet;
}

/* XDP before 5.18 has no helper for it: eight octets at a time by direct access, then one by one; a packet is one buffer
 * there. n is 1..most. */
static __always_inline long load_xdp_direct(struct xdp_md *xdp, __u32 at, __u8 *to, __u64 n, const __u64 most)
{
	const __u8 *end = (const __u8 *)(long)xdp->data_end;
	const __u8 *from = (const __u8 *)(long)xdp->data + (at & 0x3fff);
	__u64 done;
	__u32 rest;
	for (done = 0; done + 8 <= most; done += 8) {
		if (done + 8 > n)
			break;
		if (from + done + 8 > end)
			return -1;
		*(__u64 *)(to + done) = *(const __u64 *)(from + done);
	}
	for (rest = 0; rest < 8; rest++) {
		if (done >= n || done >= most)
			return 0;
		if (from + done + 1 > end)
			return -1;
		to[done] = from[done];
		done++;
	}
	return 0;
}

/* n, which is not 0, cut to `most`, in a form that every verifier takes for 1..most: none before Linux 6.8 learns from
 * a comparison with 0. */
static __always_inline __u64 load_bound(__u64 n, const __u64 most)
{
	n--;
	DNS_OPAQUE(n);
	if (n >= most)
		n = most - 1;
	DNS_OPAQUE(n);
	return n + 1;
}

/* The first octets of what lies at `at`, n of them but at most `most`, which is a constant. Returns how many were
 * copied; 0 where there are none, or the kernel refuses. */
static __always_inline __u32 load_bytes(void *ctx, const __u32 how, __u32 at, void *to, __u64 n, const __u64 most)
{
	long error;
	if (!n)
		return 0;
	n = load_bound(n, most);
	if (!(how & HOOK_XDP))
		error = bpf_skb_load_bytes(ctx, at, to, n);
	else if (how & HOOK_LOCK)
		error = load_xdp_direct(ctx, at, to, n, most);
	else
		error = bpf_xdp_load_bytes(ctx, at, to, n);
	return error ? 0 : n;
}

#endif
