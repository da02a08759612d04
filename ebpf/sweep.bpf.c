/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The sweeps of pending tables under locks: the user side runs them with BPF_PROG_TEST_RUN, one set a run. (The cmpxchg
 * variant is swept from user space.) They run in process context: what a softirq counts too, they add to atomically.
 *
 * Of interfaces, an expired query is claimed only once there is room for its event, and the user side counts it when it
 * reads that: none is lost, none counted twice. Of sockets, there is no event: it is counted here. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/pending.bpf.h"
#include "ebpf/workload.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

__u32 sweep_cursor = 0;  /* the next set; only one sweep runs at a time */
__u32 sweep_starved = 0; /* set where the ring had no room: the user side empties it and sweeps on */

__u32 socket_cursor = 0;
__u64 sockets_swept = 0; /* queries of sockets that timed out, ever */

/* The first way that is LIVE and expired, or DNS_PENDING_WAYS. On the way, those whose memory is over become free: a
 * store that loses a race against an insert would undo it, hence the lock. */
static __always_inline __u32 sweep_find(struct dns_pending_locked *set, __u64 now, __u64 *expired)
{
	__u32 way, found = DNS_PENDING_WAYS;
	bpf_spin_lock(&set->lock);
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = set->word[way];
		const __u32 state = pending_state(word);
		const __u64 age = pending_age(now, word);
		if (state == DNS_PENDING_LIVE) {
			if (age > query_timeout_ns && found == DNS_PENDING_WAYS) {
				found = way;
				*expired = word;
			}
		} else if (state != DNS_PENDING_BUSY && age > query_timeout_ns + late_window_ns) {
			set->word[way] = 0;
		}
	}
	bpf_spin_unlock(&set->lock);
	return found;
}

/* Whether anything in the set is old enough to look at under the lock. */
static __always_inline __u32 sweep_due(const __u64 *words, __u64 now)
{
	__u32 way, due = 0;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = *(volatile const __u64 *)&words[way];
		due |= word && pending_age(now, word) > query_timeout_ns;
	}
	return due;
}

/* Takes the way if it is still the same query's, and copies its detail while nobody can reuse it. */
static __always_inline __u32 sweep_take(struct dns_pending_locked *set, __u32 way, __u64 expired, struct dns_event *to,
					const struct dns_event *detail)
{
	__u64 *word = &set->word[way & (DNS_PENDING_WAYS - 1)];
	__u32 taken = 0;
	bpf_spin_lock(&set->lock);
	if (*word == expired) {
		*word = (expired & ~(__u64)DNS_PENDING_STATE_MASK) | DNS_PENDING_TIMED_OUT;
		*to = *detail;
		taken = 1;
	}
	bpf_spin_unlock(&set->lock);
	return taken;
}

/* Returns 1 where more may be due in the set: the cursor stays on it. */
static __always_inline __u32 sweep_set(__u32 number, __u64 now)
{
	struct dns_pending_locked *set = bpf_map_lookup_elem(&pending_lock, &number);
	const struct dns_event *detail;
	struct dns_event *event;
	__u64 expired = 0;
	__u32 way, index;
	if (!set || !sweep_due(set->word, now))
		return 0;
	way = sweep_find(set, now, &expired);
	index = number * DNS_PENDING_WAYS + way;
	detail = way < DNS_PENDING_WAYS ? bpf_map_lookup_elem(&pending_detail, &index) : 0;
	if (!detail)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		sweep_starved = 1; /* no room: it stays LIVE until the next sweep */
		return 0;
	}
	if (!sweep_take(set, way, expired, event, detail)) {
		bpf_ringbuf_discard(event, BPF_RB_NO_WAKEUP);
		return 1;
	}
	event->latency_ns = pending_age(now, expired);
	event->swept = 1;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 1;
}

/* Ends the expired queries of sockets in one set. */
static __always_inline void sweep_socket_set(__u32 number, __u64 now)
{
	struct dns_socket_set *set = bpf_map_lookup_elem(&socket_pending, &number);
	__u32 expired[DNS_PENDING_WAYS]; /* slots of workloads */
	__u32 way;
	if (!set || !sweep_due(set->word, now))
		return;
	bpf_spin_lock(&set->lock);
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = set->word[way];
		expired[way] = DNS_WORKLOADS;
		if (!word || pending_age(now, word) <= query_timeout_ns)
			continue;
		if (pending_state(word) == DNS_PENDING_LIVE)
			expired[way] = set->workload[way];
		set->word[way] = 0; /* what comes later is not counted of sockets */
	}
	bpf_spin_unlock(&set->lock);
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		if (expired[way] >= DNS_WORKLOADS)
			continue;
		workload_ended(expired[way], DNS_OUTCOME_TIMEOUT);
		sockets_swept++;
	}
}

SEC("tc") int dns_sweep_sock(struct __sk_buff *skb)
{
	const __u64 now = bpf_ktime_get_ns();
	const __u32 number = socket_cursor++ & (DNS_SOCKET_PENDING_SETS - 1);
	(void)skb;
	sweep_socket_set(number, now);
	return TC_ACT_OK;
}

SEC("tc") int dns_sweep(struct __sk_buff *skb)
{
	const __u64 now = bpf_ktime_get_ns();
	__u32 more, number = sweep_cursor & pending_set_mask;
	(void)skb;
	more = sweep_set(number, now);
	if (!more)
		sweep_cursor = number + 1;
	return TC_ACT_OK;
}
