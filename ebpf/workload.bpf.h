/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Slots of workloads and their counters. A slot is claimed under a lock from those that the user side has freed; it is the
 * user side that takes back those of workloads that are gone. */
#ifndef WORKLOAD_BPF_H
#define WORKLOAD_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/dns_classify.h"
#include "ebpf/maps.bpf.h"

__u16 workload_free[DNS_WORKLOADS] __weak = {}; /* a ring of free slots */
__u32 workload_freed __weak = 0;      /* slots put into the ring, ever; written by the user side only */
__u32 workload_taken __weak = 0;      /* slots taken out of it, ever */
__u32 workload_generation __weak = 0; /* counts up when slots are freed: what a socket remembers is void then */

/* 0: none is free. */
static __always_inline __u32 workload_take_slot(void)
{
	const __u32 zero = 0;
	struct dns_claims *claim = bpf_map_lookup_elem(&claims, &zero);
	__u32 slot = 0;
	if (!claim)
		return 0;
	bpf_spin_lock(&claim->lock);
	if (workload_taken != *(volatile __u32 *)&workload_freed) {
		slot = workload_free[workload_taken & (DNS_WORKLOADS - 1)];
		workload_taken++;
	}
	bpf_spin_unlock(&claim->lock);
	return slot;
}

/* Two CPUs that meet the same new workload take a slot each; the one that comes second leaves its own unused, and the user
 * side finds it. */
static __always_inline __u32 workload_claim(const struct dns_workload_key *key)
{
	const __u32 *known = bpf_map_lookup_elem(&workload_slots, key);
	struct dns_workload_key *whose;
	__u32 slot;
	if (known)
		return *known;
	slot = workload_take_slot();
	whose = slot ? bpf_map_lookup_elem(&workload_keys, &slot) : 0;
	if (!whose)
		return key->role; /* `other` */
	*whose = *key;
	if (!bpf_map_update_elem(&workload_slots, key, &slot, BPF_NOEXIST))
		return slot;
	known = bpf_map_lookup_elem(&workload_slots, key);
	return known ? *known : (__u32)key->role;
}

static __always_inline __u32 workload_outcome(__u32 outcome)
{
	if (outcome < DNS_RCODES_NAMED)
		return outcome;
	if (outcome == DNS_OUTCOME_TIMEOUT)
		return DNS_WORKLOAD_TIMEOUT;
	return outcome == DNS_OUTCOME_UNTRACKED ? DNS_WORKLOAD_UNTRACKED : DNS_WORKLOAD_RCODE_OTHER;
}

static __always_inline void workload_add(__u64 *counter, __u64 n, const __u32 atomic)
{
	if (atomic)
		__sync_fetch_and_add(counter, n);
	else
		*counter += n;
}

/* One query of the workload has ended without an answer. */
static __always_inline void workload_ended(__u32 slot, __u32 outcome)
{
	__u32 index = workload_outcome(outcome);
	struct dns_workload *counts = bpf_map_lookup_elem(&workloads, &slot);
	if (!counts)
		return;
	DNS_BOUND(index, DNS_WORKLOAD_OUTCOME_MASK);
	workload_add(&counts->outcomes[index], 1, 1);
}

/* One query of the workload was answered. `atomic`: unless no other run on this CPU can come between that counts answers
 * for the same workload, which are all counted by the same hook: a client's arrive, a server's leave. */
static __always_inline void workload_answered(__u32 slot, __u32 outcome, __u64 latency_ns, const __u32 atomic)
{
	struct dns_workload *counts = bpf_map_lookup_elem(&workloads, &slot);
	__u32 index = workload_outcome(outcome), bucket = dns_latency_bucket(settings.latency_edges_ns, latency_ns);
	if (!counts)
		return;
	DNS_BOUND(index, DNS_WORKLOAD_OUTCOME_MASK);
	DNS_BOUND(bucket, DNS_LATENCY_BUCKETS - 1);
	workload_add(&counts->outcomes[index], 1, atomic);
	workload_add(&counts->latency_sum_ns, latency_ns, atomic);
	workload_add(&counts->latency[bucket], 1, atomic);
}

#endif
