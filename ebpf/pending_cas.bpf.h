/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Pending queries by compare-and-swap on a way's word (x86-64: Linux 5.12, arm64: 5.18). The record is read before the
 * swap: that the word had not changed proves that the record was its own. The time in the word keeps a word from coming
 * back. User space sweeps the same table over mmap by the same rule. */
#ifndef PENDING_CAS_BPF_H
#define PENDING_CAS_BPF_H

#include "ebpf/pending.bpf.h"

static __always_inline __u32 pending_cas_insert(const struct dns_pending_record *query, __u64 now,
						struct dns_pending_choice *choice, struct pending_slot *slot)
{
	__u32 pass;
	slot->busy = pending_word(now, query->tag, DNS_PENDING_BUSY);
	for (pass = 0; pass < PENDING_PASSES; pass++) {
		const __u32 number = pending_set_of(query->tag, pass == PENDING_PASS_SECOND, pending_set_mask);
		struct dns_pending_set *set = bpf_map_lookup_elem(&pending_cas, &number);
		__u64 *word;
		if (!set)
			return PENDING_CONTENDED;
		pending_choose_insert(set, query, now, choice);
		if (choice->result == PENDING_RETRANSMISSION)
			return PENDING_RETRANSMISSION;
		if (!pending_acceptable(choice, pass))
			continue;
		pending_copy(set, choice, slot);
		word = &set->word[choice->way & (DNS_PENDING_WAYS - 1)];
		if (__sync_val_compare_and_swap(word, choice->word, slot->busy) != choice->word)
			continue;
		pending_took(slot, set, number, choice, now);
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

/* The third and fourth pass are for one who lost a race: what the other made of the query is the answer then. */
static __always_inline __u32 pending_cas_complete(__u64 tag, __u64 question, __u64 now, struct dns_pending_choice *choice,
						  struct pending_slot *slot)
{
	__u32 pass, lost = 0, result = PENDING_UNMATCHED;
	for (pass = 0; pass < PENDING_PASSES && (pass < 2 || lost); pass++) {
		const __u32 number = pending_set_of(tag, pass & 1, pending_set_mask);
		struct dns_pending_set *set = bpf_map_lookup_elem(&pending_cas, &number);
		__u64 *word;
		if (!set)
			return PENDING_UNMATCHED;
		pending_choose_complete(set, tag, question, now, choice);
		if (!pending_is_match(choice->result)) {
			if (choice->result != PENDING_UNMATCHED)
				result = choice->result;
			continue;
		}
		pending_copy(set, choice, slot);
		word = &set->word[choice->way & (DNS_PENDING_WAYS - 1)];
		if (__sync_val_compare_and_swap(word, choice->word, pending_ended(choice)) == choice->word) {
			slot->age_ns = pending_age(now, choice->word);
			return choice->result;
		}
		lost = 1;
	}
	return result;
}

#endif
