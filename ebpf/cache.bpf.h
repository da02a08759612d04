/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Whether a resolver answers from its cache. Of each group (dns_group_of) that queries come to, the questions that it asks
 * itself are kept with the time of the last answer to them. An answer that it gives is a miss if, since the query came, it got
 * one for the same question, whoever it was fetched for; else it is a hit. A failure (SERVFAIL) is a miss also if the question
 * was only sent, one that a name does not exist also if it came for a name above (RFC 8020). */
#ifndef CACHE_BPF_H
#define CACHE_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/dns_fetch.h"
#include "ebpf/dns_message.h"
#include "ebpf/maps.bpf.h"

__u8 cache_marks[DNS_RESOLVERS] __weak = {};   /* by group: queries came to it; two of one place cost records alone */
__u32 cache_groups[DNS_WORKLOADS] __weak = {}; /* by workload slot */

enum { CACHE_SERVFAIL = 2, CACHE_NXDOMAIN = 3 };
/* What is kept: of a question, when an answer came and when it was sent; of a name, when it was denied, of whatever type. */
enum cache_part { CACHE_ANSWERED, CACHE_ASKED, CACHE_DENIED };

static __always_inline __u32 cache_group(__u64 cgroup, const __u8 *comm)
{
	const __u8 none[DNS_COMM_LENGTH] = {};
	return dns_group_of(cgroup, comm ? comm : none, &hash_keys);
}

static __always_inline void cache_remember(__u32 slot, __u32 group)
{
	DNS_BOUND(slot, DNS_WORKLOADS - 1);
	if (slot >= DNS_WORKLOAD_OTHERS && cache_groups[slot] != group)
		cache_groups[slot] = group;
}

static __always_inline __u32 cache_is(__u32 group) { return cache_marks[group >> 1 & (DNS_RESOLVERS - 1)]; }

static __always_inline void cache_mark(__u32 group)
{
	__u8 *mark = &cache_marks[group >> 1 & (DNS_RESOLVERS - 1)];
	if (!*mark)
		*mark = 1;
}

static __always_inline __u64 cache_hash(__u64 question, __u32 group, const __u32 part)
{
	return dns_tag_of(question ^ ((__u64)group << 32 | part));
}

static __always_inline struct dns_fetch_set *cache_set(__u64 hash)
{
	const __u32 number = hash >> 52 & (DNS_FETCH_SETS - 1);
	return bpf_map_lookup_elem(&fetches, &number);
}

/* Keeps that the group asked this, or was answered, at `now`: where it is kept already, else in a free way, else where the
 * oldest was. */
static __always_inline void cache_note(struct dns_stats *stats, __u64 question, __u32 group, const __u32 part, __u64 now)
{
	const __u64 hash = cache_hash(question, group, part);
	struct dns_fetch_set *set = cache_set(hash);
	__u64 oldest = 0;
	__u32 way, known = 0, chosen = 0;
	if (!set)
		return;
	bpf_spin_lock(&set->lock);
#pragma unroll
	for (way = 0; way < DNS_FETCH_WAYS; way++) {
		const __u64 word = set->way[way], rank = dns_fetch_rank(word, now);
		if (dns_fetch_is(word, hash)) {
			known = 1;
			oldest = DNS_FETCH_FREE;
			chosen = way;
		} else if (!known && rank > oldest) {
			oldest = rank;
			chosen = way;
		}
	}
	set->way[chosen] = dns_fetch_word(hash, now);
	bpf_spin_unlock(&set->lock);
	if (dns_fetch_within(oldest, now, query_timeout_ns))
		stats->fetches_evicted++;
}

/* Whether that was kept in the last `age_ns`. The lock is not needed: a way is one word. */
static __always_inline __u32 cache_since(__u64 question, __u32 group, const __u32 part, __u64 now, __u64 age_ns)
{
	const __u64 hash = cache_hash(question, group, part);
	const struct dns_fetch_set *set = cache_set(hash);
	__u32 way, found = 0;
	if (!set)
		return 0;
#pragma unroll
	for (way = 0; way < DNS_FETCH_WAYS; way++) {
		const __u64 word = *(const volatile __u64 *)&set->way[way];
		if (dns_fetch_is(word, hash))
			found = dns_fetch_within(dns_fetch_rank(word, now), now, age_ns);
	}
	return found;
}

#endif
