/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Pending queries under a bpf_spin_lock per set, for kernels from 5.10 whose BPF has no cmpxchg. No helper may run under
 * the lock, so an insert marks its way BUSY, unlocks, fills the record and the detail, and publishes by one store:
 * nobody else changes a BUSY word. */
#ifndef PENDING_LOCK_BPF_H
#define PENDING_LOCK_BPF_H

#include "ebpf/pending.bpf.h"

static __always_inline struct dns_pending_locked *pending_lock_set(__u64 tag)
{
	const __u32 number = pending_set_of(tag);
	return bpf_map_lookup_elem(&pending_lock, &number);
}

static __always_inline __u32 pending_lock_insert(const struct dns_pending_record *query, __u64 now,
					       struct dns_pending_choice *choice, struct pending_slot *slot)
{
	struct dns_pending_locked *locked = pending_lock_set(query->tag);
	struct dns_pending_set *set = (struct dns_pending_set *)locked;
	__u32 way;
	if (!locked)
		return PENDING_CONTENDED;
	slot->busy = pending_word(now, query->tag, DNS_PENDING_BUSY);
	bpf_spin_lock(&locked->lock);
	pending_choose_insert(set, query, now, choice);
	way = choice->way & (DNS_PENDING_WAYS - 1);
	if (choice->result == PENDING_INSERTED) {
		slot->facts = pending_facts_of(set, choice);
		*(volatile __u64 *)&set->word[way] = slot->busy;
	}
	bpf_spin_unlock(&locked->lock);
	slot->set = set;
	slot->way = way;
	slot->index = pending_set_of(query->tag) * DNS_PENDING_WAYS + way;
	pending_note_evicted(slot, choice->word, now);
	return choice->result;
}

static __always_inline void pending_lock_publish(struct pending_slot *slot, const struct dns_pending_record *query, __u64 now)
{
	struct dns_pending_locked *locked = (struct dns_pending_locked *)slot->set;
	const __u64 live = pending_word(now, query->tag, DNS_PENDING_LIVE);
	bpf_spin_lock(&locked->lock); /* orders the record before the word on every machine */
	slot->set->word[slot->way & (DNS_PENDING_WAYS - 1)] = live;
	bpf_spin_unlock(&locked->lock);
}

static __always_inline __u32 pending_lock_complete(__u64 tag, __u64 question, __u64 now,
					       struct dns_pending_choice *choice, struct pending_slot *slot)
{
	struct dns_pending_locked *locked = pending_lock_set(tag);
	struct dns_pending_set *set = (struct dns_pending_set *)locked;
	__u32 way;
	if (!locked)
		return PENDING_UNMATCHED;
	bpf_spin_lock(&locked->lock);
	pending_choose_complete(set, tag, question, now, choice);
	way = choice->way & (DNS_PENDING_WAYS - 1);
	if (choice->result == PENDING_MATCHED || choice->result == PENDING_EXPIRED) {
		slot->facts = pending_facts_of(set, choice);
		set->word[way] = (choice->word & ~(__u64)DNS_PENDING_STATE_MASK) |
				 (choice->result == PENDING_MATCHED ? DNS_PENDING_DONE : DNS_PENDING_TIMED_OUT);
	}
	bpf_spin_unlock(&locked->lock);
	slot->age_ns = pending_age(now, choice->word);
	slot->index = pending_set_of(tag) * DNS_PENDING_WAYS + way;
	return choice->result;
}

#endif
