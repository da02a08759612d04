/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Pending queries under a bpf_spin_lock per set, for kernels from 5.10 whose BPF has no cmpxchg. No helper may run under
 * the lock, so an insert marks its way BUSY, unlocks, fills the record and the detail, and publishes by one store: nobody
 * else changes a BUSY word. */
#ifndef PENDING_LOCK_BPF_H
#define PENDING_LOCK_BPF_H

#include "ebpf/pending.bpf.h"

static __always_inline __u32 pending_lock_insert(const struct dns_pending_record *query, __u64 now,
						 struct dns_pending_choice *choice, struct pending_slot *slot)
{
	__u32 pass;
	slot->busy = pending_word(now, query->tag, DNS_PENDING_BUSY);
	for (pass = 0; pass <= PENDING_PASS_EVICT; pass++) { /* no race to lose under the lock */
		const __u32 number = pending_set_of(query->tag, pass == PENDING_PASS_SECOND, pending_set_mask);
		struct dns_pending_locked *locked = bpf_map_lookup_elem(&pending_lock, &number);
		struct dns_pending_set *set = (struct dns_pending_set *)locked;
		__u32 taken;
		if (!locked)
			return PENDING_CONTENDED;
		bpf_spin_lock(&locked->lock);
		pending_choose_insert(set, query, now, choice);
		taken = pending_acceptable(choice, pass);
		if (taken) {
			pending_copy(set, choice, slot);
			*(volatile __u64 *)&set->word[choice->way & (DNS_PENDING_WAYS - 1)] = slot->busy;
		}
		bpf_spin_unlock(&locked->lock);
		if (choice->result == PENDING_RETRANSMISSION)
			return PENDING_RETRANSMISSION;
		if (taken) {
			pending_took(slot, set, number, choice, now);
			return PENDING_INSERTED;
		}
	}
	return PENDING_CONTENDED;
}

static __always_inline void pending_lock_publish(struct pending_slot *slot, const struct dns_pending_record *query, __u64 now)
{
	struct dns_pending_locked *locked = (struct dns_pending_locked *)slot->set;
	const __u64 live = pending_word(now, query->tag, DNS_PENDING_LIVE);
	bpf_spin_lock(&locked->lock); /* orders the record before the word on every machine */
	slot->set->word[slot->way & (DNS_PENDING_WAYS - 1)] = live;
	bpf_spin_unlock(&locked->lock);
}

static __always_inline __u32 pending_lock_complete(__u64 tag, __u64 question, __u64 now, struct dns_pending_choice *choice,
						   struct pending_slot *slot)
{
	__u32 pass, result = PENDING_UNMATCHED;
	for (pass = 0; pass <= PENDING_PASS_SECOND; pass++) {
		const __u32 number = pending_set_of(tag, pass, pending_set_mask);
		struct dns_pending_locked *locked = bpf_map_lookup_elem(&pending_lock, &number);
		struct dns_pending_set *set = (struct dns_pending_set *)locked;
		if (!locked)
			return PENDING_UNMATCHED;
		bpf_spin_lock(&locked->lock);
		pending_choose_complete(set, tag, question, now, choice);
		if (pending_is_match(choice->result)) {
			pending_copy(set, choice, slot);
			set->word[choice->way & (DNS_PENDING_WAYS - 1)] = pending_ended(choice);
		}
		bpf_spin_unlock(&locked->lock);
		if (pending_is_match(choice->result)) {
			slot->age_ns = pending_age(now, choice->word);
			return choice->result;
		}
		if (choice->result != PENDING_UNMATCHED)
			result = choice->result;
	}
	return result;
}

#endif
