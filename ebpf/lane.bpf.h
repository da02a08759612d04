/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * A lane of its own for each run of a program of sockets: such a run can be interrupted by a softirq, or by another
 * process, whose packets are looked at by the same programs on the same CPU. Taken with an atomic add alone, since that is
 * all that 5.10 has: whoever finds that his was the first claim has the lane. */
#ifndef LANE_BPF_H
#define LANE_BPF_H

#include "ebpf/store.bpf.h"

/* 0: all are taken, which is counted. */
static __always_inline __u32 lane_take(void)
{
	struct dns_stats *stats;
	__u32 lane;
	for (lane = DNS_LANE_SOCKETS; lane < DNS_LANES; lane++) {
		const __u32 index = lane;
		struct dns_scratch *claimed = bpf_map_lookup_elem(&scratch, &index);
		if (!claimed)
			return 0;
		__sync_fetch_and_add(&claimed->claims, 1);
		if (*(volatile __u64 *)&claimed->claims == 1)
			return lane;
		__sync_fetch_and_add(&claimed->claims, -1);
	}
	stats = store_stats(DNS_LANE_SOCKETS);
	if (stats)
		__sync_fetch_and_add(&stats->lanes_busy, 1);
	return 0;
}

static __always_inline void lane_give_back(__u32 lane)
{
	struct dns_scratch *claimed = bpf_map_lookup_elem(&scratch, &lane);
	if (claimed)
		__sync_fetch_and_add(&claimed->claims, -1);
}

#endif
