/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The one bounded reader of packets. Every octet of a packet is reached through dns_at. */
#ifndef DNS_CURSOR_H
#define DNS_CURSOR_H

#include "ebpf/dns_platform.h"

struct dns_packet {
	const __u8 *data, *end; /* the octets that can be read: [data, end) */
};

/* The n octets at offset (below 2^16), or null where the packet ends before. */
DNS_INLINE const __u8 *dns_at(struct dns_packet packet, __u32 offset, __u32 n)
{
	return DNS_BEYOND(packet.data, offset, n, packet.end) ? (const __u8 *)0 : packet.data + offset;
}

/* Big-endian numbers, as the wire has them. */
DNS_INLINE __u32 dns_be16(const __u8 *p)
{
	return (__u32)__builtin_bswap16(DNS_LOAD16(p));
}

DNS_INLINE __u32 dns_be32(const __u8 *p)
{
	return __builtin_bswap32(DNS_LOAD32(p));
}

#endif
