/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The table of TCP streams: set-associative, one lock a set. The CPU that takes a flow has it for itself until it puts it
 * back; it works on a copy in the scratch. */
#ifndef FLOW_BPF_H
#define FLOW_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/load.bpf.h"
#include "ebpf/maps.bpf.h"

enum flow_result { FLOW_TAKEN, FLOW_BUSY, FLOW_NONE };

enum {
	FLOW_TIME_SHIFT = 20,    /* dns_flow.time counts 2^20 ns */
	FLOW_IDLE = 1U << 30,    /* weight: nothing is lost with a flow that waits for a next message */
	FLOW_FREE = 1U << 31
};

/* One direction of a connection, as it is seen in one direction at one place: an interface, or a socket. Never 0, which
 * marks a free entry. */
static __always_inline __u64 flow_tag(const struct dns_scratch *scratch, __u32 place, const __u32 how)
{
	const __u32 side = how & (HOOK_EGRESS | HOOK_SOCKET);
	const struct dns_frame *frame = &scratch->frame;
	return dns_transaction_tag(&scratch->source, &scratch->destination, frame->source_port, frame->destination_port,
				   (place ^ place >> 16) & 0xffff, side, DNS_TCP, &hash_keys) | 1;
}

/* The fragments of one datagram. */
static __always_inline __u64 flow_fragment_tag(const struct dns_scratch *scratch, __u32 ifindex, __u32 egress)
{
	const __u32 id = scratch->frame.fragment_id;
	return dns_transaction_tag(&scratch->source, &scratch->destination, id >> 16, id & 0xffff,
				   (ifindex ^ ifindex >> 16) & 0xffff, egress, DNS_UDP, &hash_keys) | 1;
}

/* How willingly an entry is given to another flow; 0: not at all. */
static __always_inline __u32 flow_score(const struct dns_flow *flow, __u32 time)
{
	__u32 idle, age = (time - flow->time) & (FLOW_IDLE - 1);
	if (!flow->tag)
		return FLOW_FREE;
	if (flow->busy)
		return 0;
	idle = !dns_stream_drop(flow, 0) && flow->cursor[flow->first & 1].at == flow->high;
	return 1 + age / 2 + (idle ? FLOW_IDLE : 0);
}

/* The flow's entry, or the one to take for it; under the set's lock. */
static __always_inline __u32 flow_choose(const struct dns_flow_set *set, __u64 tag, __u32 time)
{
	__u32 way, chosen = DNS_FLOW_WAYS, best = 0;
#pragma unroll
	for (way = 0; way < DNS_FLOW_WAYS; way++) {
		const __u32 score = flow_score(&set->flow[way], time);
		if (set->flow[way].tag == tag)
			return way;
		if (score > best) {
			best = score;
			chosen = way;
		}
	}
	return chosen;
}

/* Copies the flow to the scratch and marks it busy. A new one is made only where `make` says so. */
static __always_inline __u32 flow_take(struct dns_stats *stats, struct dns_following *to, __u64 tag, __u64 now, const __u32 make)
{
	const __u32 number = (tag >> 32) & (DNS_FLOW_SETS - 1);
	const __u32 time = now >> FLOW_TIME_SHIFT;
	struct dns_flow_set *set = bpf_map_lookup_elem(&flows, &number);
	__u32 way, result = FLOW_TAKEN, fresh = 0, used = 0, lost = 0;
	if (!set) {
		stats->map_failures++;
		return FLOW_NONE;
	}
	bpf_spin_lock(&set->lock);
	way = flow_choose(set, tag, time);
	if (way >= DNS_FLOW_WAYS) {
		result = make ? FLOW_BUSY : FLOW_NONE;
	} else {
		struct dns_flow *flow = &set->flow[way & (DNS_FLOW_WAYS - 1)];
		if (flow->tag == tag) {
			if (flow->busy)
				result = FLOW_BUSY;
		} else if (make) {
			fresh = 1;
			used = flow->tag != 0;
			lost = used && dns_stream_drop(flow, 0);
			flow->tag = tag;
			flow->state = DNS_FLOW_NEW;
		} else {
			result = FLOW_NONE;
		}
		if (result == FLOW_TAKEN) {
			flow->busy = 1;
			flow->time = time;
			to->flow = *flow;
		}
	}
	bpf_spin_unlock(&set->lock);
	stats->flows_new += fresh;
	stats->flows_evicted += used;
	stats->stream_errors[DNS_TCP_LOST] += lost;
	to->set = number;
	to->way = way;
	return result;
}

static __always_inline void flow_put_back(struct dns_stats *stats, struct dns_following *from)
{
	const __u32 number = from->set;
	struct dns_flow_set *set = bpf_map_lookup_elem(&flows, &number);
	__u32 way = from->way & (DNS_FLOW_WAYS - 1);
	if (!set) {
		stats->map_failures++;
		return;
	}
	from->flow.busy = 0;
	bpf_spin_lock(&set->lock);
	set->flow[way] = from->flow;
	bpf_spin_unlock(&set->lock);
}

static __always_inline __u64 *flow_head(const struct dns_following *following)
{
	const __u32 index = following->set * DNS_FLOW_WAYS + (following->way & (DNS_FLOW_WAYS - 1));
	struct dns_flow_heads *heads = bpf_map_lookup_elem(&flow_heads, &index);
	return heads ? heads->words[following->segment.cursor & 1] : 0;
}

#endif
