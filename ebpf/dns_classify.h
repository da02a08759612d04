/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Message -> counter key, latency -> bucket. Pure functions, both sides. */
#ifndef DNS_CLASSIFY_H
#define DNS_CLASSIFY_H

#include "ebpf/dns_abi.h"

/* Type slots: every QTYPE that IANA has assigned has one, the first DNS_EXTRA_TYPES others that are seen get one each,
 * the rest share slot 0. So hostile traffic with random types can't fill the traffic map. The assignments are those of
 * the IANA registry "Resource Record (RR) TYPEs" of 2026-06: 1-53, 55-68, 99-109, 128, 249-264, 32768 and 32769. */
enum {
	DNS_TYPE_OTHER = 0, /* slots 1..128 are the types 1..128 themselves, where assigned */
	DNS_TYPE_HIGH_FIRST = 249,
	DNS_TYPE_HIGH_LAST = 264,
	DNS_TYPE_SLOT_HIGH = 129, /* slot of type 249; one a type up to 264 */
	DNS_TYPE_SLOT_TA = DNS_TYPE_SLOT_HIGH + DNS_TYPE_HIGH_LAST - DNS_TYPE_HIGH_FIRST + 1,
	DNS_TYPE_SLOT_DLV,
	DNS_TYPE_SLOT_EXTRA,
	DNS_EXTRA_TYPES = 8,
	DNS_TYPE_SLOTS = DNS_TYPE_SLOT_EXTRA + DNS_EXTRA_TYPES
};
#define DNS_TYPES_LOW 0xffbffffffffffffeULL  /* bit n: type n is assigned; all of 1..63 but 54 */
#define DNS_TYPES_MID 0x00003ff80000001fULL  /* bit n: type 64 + n; 64..68 and 99..109 */

/* The fixed slot of a type, or DNS_TYPE_OTHER where it has none. */
DNS_INLINE __u32 dns_type_slot(__u32 type)
{
	if (type < 64)
		return DNS_TYPES_LOW >> type & 1 ? type : 0u; /* 0: DNS_TYPE_OTHER */
	if (type < 128)
		return DNS_TYPES_MID >> (type - 64) & 1 ? type : 0u; /* 0: DNS_TYPE_OTHER */
	if (type == 128)
		return type;
	if (type >= DNS_TYPE_HIGH_FIRST && type <= DNS_TYPE_HIGH_LAST)
		return DNS_TYPE_SLOT_HIGH + type - DNS_TYPE_HIGH_FIRST;
	if (type == 32768)
		return DNS_TYPE_SLOT_TA;
	if (type == 32769)
		return DNS_TYPE_SLOT_DLV;
	return DNS_TYPE_OTHER;
}

/* The type of a fixed slot: the inverse of dns_type_slot. 0 for `other` and for the dynamic slots. */
DNS_INLINE __u32 dns_type_of_slot(__u32 slot)
{
	if (slot <= 128)
		return slot;
	if (slot < DNS_TYPE_SLOT_TA)
		return slot - DNS_TYPE_SLOT_HIGH + DNS_TYPE_HIGH_FIRST;
	if (slot == DNS_TYPE_SLOT_TA)
		return 32768;
	return slot == DNS_TYPE_SLOT_DLV ? 32769 : 0;
}

enum dns_latency_type { DNS_LATENCY_A, DNS_LATENCY_AAAA, DNS_LATENCY_HTTPS, DNS_LATENCY_PTR, DNS_LATENCY_OTHER };
DNS_STATIC_ASSERT(DNS_LATENCY_OTHER + 1 == DNS_LATENCY_TYPES, "one latency type each");

DNS_INLINE __u32 dns_latency_type(__u32 type_slot)
{
	switch (type_slot) {
	case 1: return DNS_LATENCY_A;
	case 28: return DNS_LATENCY_AAAA;
	case 65: return DNS_LATENCY_HTTPS;
	case 12: return DNS_LATENCY_PTR;
	default: return DNS_LATENCY_OTHER;
	}
}

DNS_INLINE __u32 dns_latency_index(__u32 server, __u32 role, __u32 latency_type)
{
	return (server * DNS_ROLES + role) * DNS_LATENCY_TYPES + latency_type;
}

/* The bucket whose upper edge is the first that is not below ns (Prometheus's inclusive edges). `edges` holds
 * DNS_LATENCY_BUCKETS values, rising, unused ones at the maximum; so with n edges, n is the bucket +Inf. */
DNS_INLINE __u32 dns_latency_bucket(const __u64 *edges, __u64 ns)
{
	__u32 at = 0;
	if (ns > edges[15])
		at = 16;
	if (ns > edges[at + 7])
		at += 8;
	if (ns > edges[at + 3])
		at += 4;
	if (ns > edges[at + 1])
		at += 2;
	if (ns > edges[at])
		at += 1;
	return at;
}

/* Edges of dns_message_size_bytes: 512 is the limit of plain UDP (RFC 1035), 1232 that of DNS flag day 2020, 1452 and
 * 4096 common EDNS payload sizes. */
#define DNS_SIZE_EDGE_LIST { 32, 64, 128, 256, 512, 1232, 1452, 4096, 16384, 65535 }

DNS_INLINE __u32 dns_size_bucket(__u32 size)
{
	if (size <= 128)
		return size <= 32 ? 0 : size <= 64 ? 1 : 2;
	if (size <= 1232)
		return size <= 256 ? 3 : size <= 512 ? 4 : 5;
	return size <= 1452 ? 6 : size <= 4096 ? 7 : size <= 16384 ? 8 : size <= 65535 ? 9 : 10;
}

/* Edges of the UDP payload sizes that queries offer: 512 is RFC 1035's, 1220 and 4096 those of RFC 6891 and RFC 3226, 1232
 * that of DNS flag day 2020, 1410, 1452 and 1472 what fits common links. */
#define DNS_EDNS_EDGE_LIST { 512, 1220, 1232, 1410, 1452, 1472, 2048, 4096, 8192, 65535 }

DNS_INLINE __u32 dns_edns_bucket(__u32 size)
{
	if (size <= 1410)
		return size <= 512 ? 0 : size <= 1220 ? 1 : size <= 1232 ? 2 : 3;
	if (size <= 2048)
		return size <= 1452 ? 4 : size <= 1472 ? 5 : 6;
	return size <= 4096 ? 7 : size <= 8192 ? 8 : 9;
}

/* The slot of an info code (RFC 8914, 5.2). */
DNS_INLINE __u32 dns_info_code_slot(__u32 info_code)
{
	return info_code < DNS_INFO_CODE_OTHER ? info_code : (__u32)DNS_INFO_CODE_OTHER;
}

/* AA TC RD RA AD CD of the header's second 16 bits and DO of the OPT record, as a seven-bit number in that order from the
 * low bit:
 * the flags word is QR OPCODE(4) AA TC RD | RA Z AD CD RCODE(4) (RFC 1035, 4.1.1; RFC 4035, 3.1.6). */
enum dns_flag { DNS_FLAG_AA, DNS_FLAG_TC, DNS_FLAG_RD, DNS_FLAG_RA, DNS_FLAG_AD, DNS_FLAG_CD, DNS_FLAG_DO, DNS_FLAGS };
DNS_INLINE __u32 dns_flag_set(__u32 flags, __u32 dnssec_ok)
{
	return (flags >> 10 & 1) << DNS_FLAG_AA | (flags >> 9 & 1) << DNS_FLAG_TC | (flags >> 8 & 1) << DNS_FLAG_RD |
	       (flags >> 7 & 1) << DNS_FLAG_RA | (flags >> 5 & 1) << DNS_FLAG_AD | (flags >> 4 & 1) << DNS_FLAG_CD |
	       dnssec_ok << DNS_FLAG_DO;
}

#endif
