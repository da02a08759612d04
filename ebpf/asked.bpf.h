/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Who sent a message, told by a program that knows the socket to one that sees the message on an interface. They meet by
 * what no router, tunnel or address translation changes: the id, the question and the role. Where several asked the same,
 * the port decides, then the time. */
#ifndef ASKED_BPF_H
#define ASKED_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/maps.bpf.h"

enum { ASKED_TIME_SHIFT = 20 }; /* dns_asked.time counts 2^20 ns */

/* Never 0, which marks a free entry. `question` is a seeded hash already; the factor is 2^64 / golden ratio. */
static __always_inline __u64 asked_key(__u32 id, __u64 question, __u32 role)
{
	return ((question ^ (__u64)id << 47 ^ role) * 0x9e3779b97f4a7c15ULL) | 1;
}

static __always_inline struct dns_asked_set *asked_set(__u64 key)
{
	const __u32 number = (key >> 40) & (DNS_ASKED_SETS - 1);
	return bpf_map_lookup_elem(&asked, &number);
}

/* Leaves word. The same client's of before is written over. */
static __always_inline void asked_put(__u64 key, __u32 client_port, __u64 now, const struct dns_asker *asker)
{
	struct dns_asked_set *set = asked_set(key);
	__u32 way, chosen;
	if (!set)
		return;
	bpf_spin_lock(&set->lock);
	chosen = set->next;
#pragma unroll
	for (way = 0; way < DNS_ASKED_WAYS; way++)
		if (set->way[way].key == key && set->way[way].client_port == client_port)
			chosen = way;
	if (chosen == set->next)
		set->next = chosen + 1;
	chosen &= DNS_ASKED_WAYS - 1;
	set->way[chosen].key = key;
	set->way[chosen].time = now >> ASKED_TIME_SHIFT;
	set->way[chosen].client_port = client_port;
	set->way[chosen].asker = *asker;
	bpf_spin_unlock(&set->lock);
}

/* Takes the word that was left at most query_timeout_ns ago; nothing is written where there is none. */
static __always_inline void asked_find(__u64 key, __u32 client_port, __u64 now, struct dns_asker *asker)
{
	const __u32 time = now >> ASKED_TIME_SHIFT;
	struct dns_asked_set *set = asked_set(key);
	__u32 way, chosen = DNS_ASKED_WAYS, best = query_timeout_ns >> ASKED_TIME_SHIFT;
	if (!set)
		return;
	bpf_spin_lock(&set->lock);
#pragma unroll
	for (way = 0; way < DNS_ASKED_WAYS; way++) {
		__u32 age = time - set->way[way].time;
		if (set->way[way].key != key)
			continue;
		if (age >> 31 || set->way[way].client_port == client_port)
			age = 0; /* of just now, on another CPU; or the very client */
		if (age <= best) {
			best = age;
			chosen = way;
		}
	}
	if (chosen < DNS_ASKED_WAYS)
		*asker = set->way[chosen & (DNS_ASKED_WAYS - 1)].asker;
	bpf_spin_unlock(&set->lock);
}

#endif
