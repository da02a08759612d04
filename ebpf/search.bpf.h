/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Which records of sockets the user side needs to tell which lookups a search list wasted. A search asks for one name under
 * several suffixes, so its lookups have their first label in common: NXDOMAIN is one always, any other answer where the
 * workload got NXDOMAIN for that label in the second before. */
#ifndef SEARCH_BPF_H
#define SEARCH_BPF_H

#include "ebpf/store.bpf.h"

enum {
	SEARCH_RCODE_NXDOMAIN = 3,
	SEARCH_WITHIN_NS = 1000000000,
	SEARCH_LABELS = 4096,    /* power of two: two of one place only make for an event too many */
	SEARCH_TIME_SHIFT = 20   /* search_labels counts 2^20 ns */
};

__u64 search_missed_ns[DNS_WORKLOADS] __weak = {}; /* when the workload last got NXDOMAIN; CLOCK_MONOTONIC */
__u32 search_labels[SEARCH_LABELS] __weak = {};    /* when a workload last got it for a label */

/* By the first label's length and first seven octets. Its case may differ from query to query (0x20). */
static __always_inline __u32 search_place(const struct dns_scratch *scratch, __u32 workload)
{
	const __u8 *name = scratch->event.message + DNS_HEADER_LENGTH;
	const __u32 octets = (name[0] & 63) + 1;
	__u64 label = DNS_LOAD64(name) | 0x2020202020202000ULL;
	if (octets < 8)
		label &= (1ULL << octets * 8) - 1;
	return dns_tag_of(dns_nh(label, hash_keys.name[0], hash_keys.name[1]) + workload) >> 40;
}

/* Whether a client's answer may belong to a search. */
static __always_inline __u32 search_is_due(const struct dns_scratch *scratch, __u32 workload, __u32 outcome, __u64 now)
{
	const __u32 time = now >> SEARCH_TIME_SHIFT;
	__u32 place;
	DNS_BOUND(workload, DNS_WORKLOADS - 1);
	if (outcome != SEARCH_RCODE_NXDOMAIN && now - search_missed_ns[workload] > SEARCH_WITHIN_NS)
		return 0;
	place = search_place(scratch, workload);
	DNS_BOUND(place, SEARCH_LABELS - 1);
	if (outcome != SEARCH_RCODE_NXDOMAIN)
		return time - search_labels[place] <= (SEARCH_WITHIN_NS >> SEARCH_TIME_SHIFT) + 1;
	search_missed_ns[workload] = now;
	search_labels[place] = time;
	return 1;
}

#endif
