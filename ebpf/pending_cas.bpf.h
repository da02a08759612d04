/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Pending queries by compare-and-swap on a way's word (x86-64: Linux 5.12, arm64: 5.18). The record is read before the
 * swap: that the word had not changed proves that the record was its own. The time in the word keeps a word from coming
 * back. User space sweeps the same table over mmap by the same rule. */
#ifndef PENDING_CAS_BPF_H
#define PENDING_CAS_BPF_H

#include "ebpf/pending.bpf.h"

static __always_inline struct dns_pending_set *pending_cas_set(__u64 tag)
{
	const __u32 number = pending_set_of(tag);
	return bpf_map_lookup_elem(&pending_cas, &number);
}

static __always_inline __u32 pending_cas_insert(const struct dns_pending_record *query, __u64 now,
					       struct dns_pending_choice *choice, struct pending_slot *slot)
{
	struct dns_pending_set *set = pending_cas_set(query->tag);
	__u32 try, way;
	if (!set)
		return PENDING_CONTENDED;
	slot->busy = pending_word(now, query->tag, DNS_PENDING_BUSY);
	for (try = 0; try < PENDING_TRIES; try++) {
		pending_choose_insert(set, query, now, choice);
		if (choice->result == PENDING_RETRANSMISSION)
			return PENDING_RETRANSMISSION;
		if (choice->result == PENDING_CONTENDED)
			continue;
		way = choice->way & (DNS_PENDING_WAYS - 1);
		slot->facts = pending_facts_of(set, choice);
		if (__sync_val_compare_and_swap(&set->word[way], choice->word, slot->busy) != choice->word)
			continue;
		slot->set = set;
		slot->way = way;
		slot->index = pending_set_of(query->tag) * DNS_PENDING_WAYS + way;
		pending_note_evicted(slot, choice->word, now);
		return PENDING_INSERTED;
	}
	return PENDING_CONTENDED;
}

static __always_inline void pending_cas_publish(struct pending_slot *slot, const struct dns_pending_record *query, __u64 now)
{
	__u64 *word = &slot->set->word[slot->way & (DNS_PENDING_WAYS - 1)];
	const __u64 live = pending_word(now, query->tag, DNS_PENDING_LIVE);
#ifdef __TARGET_ARCH_x86
	DNS_RELOAD(); /* x86 keeps stores in order: a plain one publishes the record */
	*(volatile __u64 *)word = live;
#else
	__sync_val_compare_and_swap(word, slot->busy, live); /* a full barrier */
#endif
}

static __always_inline __u32 pending_cas_complete(__u64 tag, __u64 question, __u64 now,
					       struct dns_pending_choice *choice, struct pending_slot *slot)
{
	struct dns_pending_set *set = pending_cas_set(tag);
	__u32 try;
	if (!set)
		return PENDING_UNMATCHED;
	for (try = 0; try < PENDING_TRIES; try++) {
		__u64 ended;
		__u32 way;
		pending_choose_complete(set, tag, question, now, choice);
		if (choice->result != PENDING_MATCHED && choice->result != PENDING_EXPIRED)
			return choice->result;
		way = choice->way & (DNS_PENDING_WAYS - 1);
		slot->facts = pending_facts_of(set, choice);
		slot->age_ns = pending_age(now, choice->word);
		slot->index = pending_set_of(tag) * DNS_PENDING_WAYS + way;
		ended = (choice->word & ~(__u64)DNS_PENDING_STATE_MASK) |
			(choice->result == PENDING_MATCHED ? DNS_PENDING_DONE : DNS_PENDING_TIMED_OUT);
		if (__sync_val_compare_and_swap(&set->word[way], choice->word, ended) == choice->word)
			return choice->result;
	}
	return PENDING_UNMATCHED;
}

#endif
