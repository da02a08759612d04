/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The table of pending queries: what both implementations share. A set of four ways; a word tells a way's state, the
 * low 13 bits of its tag and its send time, so most ways are passed over without touching their record. A retransmission
 * of a query that went to its second set is not known as one if the first has room by then.
 *
 * The interface, in pending_cas.bpf.h and pending_lock.bpf.h:
 *   pending_*_insert    finds a place for a query and marks it BUSY: its record and detail are the caller's to fill
 *   pending_*_publish   makes it LIVE
 *   pending_*_complete  takes the query that a response answers
 * A LIVE entry that is changed to any other state is the changer's to account for, and only one can change it. */
#ifndef PENDING_BPF_H
#define PENDING_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/maps.bpf.h"

/* A query has two sets: with 5,000 queries open in 65,536 slots, one in three times some set of four ways is full; that
 * both are is one time in thousands. The passes take the first and the second, the first again with a LIVE entry giving
 * way, and that once more for one who lost a race at each. */
enum { PENDING_PASS_FIRST, PENDING_PASS_SECOND, PENDING_PASS_EVICT, PENDING_PASSES = 4 };

enum pending_result {
	PENDING_INSERTED,
	PENDING_RETRANSMISSION, /* the same query waits already; its first send time is kept */
	PENDING_CONTENDED,      /* no place could be had at each try */
	PENDING_MATCHED,
	PENDING_EXPIRED,        /* matched, but the query was older than the timeout */
	PENDING_LATE,           /* its query was given up before */
	PENDING_DUPLICATE,      /* its query was answered before */
	PENDING_UNMATCHED
};

struct pending_slot {
	struct dns_pending_set *set;
	__u32 index; /* of the way in the whole table: index of the detail */
	__u32 way;
	__u32 evicted; /* insert: 0, or the outcome of the LIVE entry that gave way */
	__u32 has_evicted;
	__u64 busy;    /* insert: the word while the way is ours */
	__u64 age_ns;  /* complete: of the query */
	struct dns_pending_facts facts; /* of the evicted or of the matched query */
	struct dns_asker asker;         /* the same's */
};

static __always_inline __u64 pending_age(__u64 now, __u64 word)
{
	const __u64 age = (now - (word >> DNS_PENDING_TIME_SHIFT)) & DNS_TIME48_MASK;
	return age >> 47 ? 0 : age; /* sent after `now` was read, on another CPU */
}

static __always_inline __u64 pending_word(__u64 now, __u64 tag, __u32 state)
{
	return now << DNS_PENDING_TIME_SHIFT | (tag & ((1 << DNS_PENDING_TAG_BITS) - 1)) << DNS_PENDING_STATE_BITS | state;
}

static __always_inline __u32 pending_state(__u64 word) { return word & DNS_PENDING_STATE_MASK; }

/* Whether the tag bits of a word are those of the tag. */
static __always_inline __u32 pending_tag_bits_match(__u64 word, __u64 tag)
{
	const __u64 mask = ((1ULL << DNS_PENDING_TAG_BITS) - 1) << DNS_PENDING_STATE_BITS;
	return (word & mask) == (tag << DNS_PENDING_STATE_BITS & mask);
}

/* A load that comes after the load of the word, on machines that reorder loads: its address depends on the word. */
static __always_inline const struct dns_pending_record *pending_record(const struct dns_pending_set *set, __u32 way,
								       __u64 word)
{
	asm volatile("%0 &= 0" : "+r"(word));
	return (const struct dns_pending_record *)((const char *)&set->record[way] + word);
}

/* Both sets' numbers come from bits that the word's tag does not hold. */
static __always_inline __u32 pending_set_of(__u64 tag, __u32 second, __u32 mask)
{
	return (second ? tag >> DNS_PENDING_TAG_BITS : tag >> 32) & mask;
}

#define PENDING_GIVEN_UP (~0ULL) /* score of the same query, given up: its place is taken before any other */

/* How willingly a way is given to a new query: free ones first, then answered or given up ones, then LIVE ones; the
 * older the sooner. 0: it is being filled. */
static __always_inline __u64 pending_score(__u64 word, __u64 now)
{
	const __u32 state = pending_state(word);
	if (state == DNS_PENDING_FREE)
		return 1ULL << 62;
	if (state == DNS_PENDING_BUSY)
		return 0;
	return (state == DNS_PENDING_LIVE ? 0 : 1ULL << 61) + pending_age(now, word) + 1;
}

/* Looks for the same query, and for the way to take otherwise. */
static __always_inline void pending_choose_insert(const struct dns_pending_set *set, const struct dns_pending_record *query,
						  __u64 now, struct dns_pending_choice *choice)
{
	__u32 way;
	choice->score = 0;
	choice->way = 0;
	choice->word = 0;
	choice->result = PENDING_CONTENDED;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = *(volatile const __u64 *)&set->word[way];
		__u64 score = pending_score(word, now);
		if (pending_state(word) == DNS_PENDING_LIVE && pending_tag_bits_match(word, query->tag)) {
			const struct dns_pending_record *record = pending_record(set, way, word);
			if (record->tag == query->tag && record->question == query->question) {
				if (pending_age(now, word) <= query_timeout_ns) {
					choice->result = PENDING_RETRANSMISSION;
					choice->way = way;
					return;
				}
				score = PENDING_GIVEN_UP;
			}
		}
		if (score > choice->score) {
			choice->score = score;
			choice->way = way;
			choice->word = word;
			choice->result = PENDING_INSERTED;
		}
	}
}

/* Looks for the query that a response answers. LIVE wins; else the youngest that ended tells late from duplicate. */
static __always_inline void pending_choose_complete(const struct dns_pending_set *set, __u64 tag, __u64 question, __u64 now,
						    struct dns_pending_choice *choice)
{
	__u32 way;
	__u64 youngest = query_timeout_ns + late_window_ns + 1;
	choice->way = 0;
	choice->word = 0;
	choice->result = PENDING_UNMATCHED;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = *(volatile const __u64 *)&set->word[way];
		const __u32 state = pending_state(word);
		const struct dns_pending_record *record;
		__u64 age;
		if (state == DNS_PENDING_FREE || state == DNS_PENDING_BUSY || !pending_tag_bits_match(word, tag))
			continue;
		record = pending_record(set, way, word);
		if (record->tag != tag || (question && record->question != question))
			continue;
		age = pending_age(now, word);
		if (state == DNS_PENDING_LIVE) {
			choice->way = way;
			choice->word = word;
			choice->result = age <= query_timeout_ns ? PENDING_MATCHED : PENDING_EXPIRED;
			return;
		}
		if (age < youngest) {
			youngest = age;
			choice->way = way;
			choice->word = word;
			choice->result = state == DNS_PENDING_DONE ? PENDING_DUPLICATE : PENDING_LATE;
		}
	}
}

/* What is known of the query in the chosen way, before that is changed. */
static __always_inline void pending_copy(const struct dns_pending_set *set, const struct dns_pending_choice *choice,
					 struct pending_slot *slot)
{
	const struct dns_pending_record *record = pending_record(set, choice->way & (DNS_PENDING_WAYS - 1), choice->word);
	slot->facts = record->facts;
	slot->asker = record->asker;
}

/* Whether a chosen way is to be taken in this pass; as long as there is another set, no LIVE entry gives way but the same
 * query's, given up: left beside the new one, it would be found by the new one's answer. */
static __always_inline __u32 pending_acceptable(const struct dns_pending_choice *choice, __u32 pass)
{
	if (choice->result != PENDING_INSERTED)
		return 0;
	return pass >= PENDING_PASS_EVICT || choice->score == PENDING_GIVEN_UP ||
	       pending_state(choice->word) != DNS_PENDING_LIVE;
}

static __always_inline __u32 pending_is_match(__u32 result)
{
	return result == PENDING_MATCHED || result == PENDING_EXPIRED;
}

static __always_inline __u64 pending_ended(const struct dns_pending_choice *choice)
{
	return (choice->word & ~(__u64)DNS_PENDING_STATE_MASK) |
	       (choice->result == PENDING_MATCHED ? DNS_PENDING_DONE : DNS_PENDING_TIMED_OUT);
}

/* Fills the slot of an insert. `number` is the set's. */
static __always_inline void pending_took(struct pending_slot *slot, struct dns_pending_set *set, __u32 number,
					 const struct dns_pending_choice *choice, __u64 now)
{
	slot->set = set;
	slot->way = choice->way & (DNS_PENDING_WAYS - 1);
	slot->index = number * DNS_PENDING_WAYS + slot->way;
	slot->has_evicted = pending_state(choice->word) == DNS_PENDING_LIVE;
	slot->evicted = pending_age(now, choice->word) > query_timeout_ns ? DNS_OUTCOME_TIMEOUT : DNS_OUTCOME_UNTRACKED;
}

#endif
