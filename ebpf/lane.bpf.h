/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A lane of its own for each run of a program of sockets. What arrives at a socket does so with softirqs off, one packet at
 * a time, and has a lane. What leaves one does so in a process, which can be interrupted by a softirq, or by another
 * process, whose packets are looked at by the same programs on the same CPU: a lane is taken with an atomic add alone,
 * since that is all that 5.10 has. Whoever finds that his was the first claim has it. */
#ifndef LANE_BPF_H
#define LANE_BPF_H

#include "ebpf/load.bpf.h"
#include "ebpf/store.bpf.h"

/* 0: all are taken, which is counted. */
static __always_inline __u32 lane_take(const __u32 how)
{
	struct dns_stats *stats;
	__u32 lane;
	if (!(how & HOOK_EGRESS))
		return DNS_LANE_ARRIVING;
	for (lane = DNS_LANE_LEAVING; lane < DNS_LANES; lane++) {
		const __u32 index = dns_scratch_of(lane);
		struct dns_scratch *claimed = bpf_map_lookup_elem(&scratch, &index);
		if (!claimed)
			return 0;
		__sync_fetch_and_add(&claimed->claims, 1);
		if (*(volatile __u64 *)&claimed->claims - *(volatile __u64 *)&claimed->releases == 1)
			return lane;
		__sync_fetch_and_add(&claimed->claims, -1);
	}
	stats = store_stats(DNS_LANE_LEAVING);
	if (stats)
		__sync_fetch_and_add(&stats->lanes_busy, 1);
	return 0;
}

/* Only who has the lane writes here. */
static __always_inline void lane_give_back(const __u32 how, __u32 lane)
{
	const __u32 index = dns_scratch_of(lane);
	struct dns_scratch *claimed = how & HOOK_EGRESS ? bpf_map_lookup_elem(&scratch, &index) : 0;
	if (claimed)
		*(volatile __u64 *)&claimed->releases = claimed->releases + 1;
}

#endif
