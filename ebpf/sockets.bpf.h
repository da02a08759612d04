/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The table of what sockets wait for and are to answer, under a lock a set, and the only one that all of it needs: a query
 * lies in the set of its id, where there is room, so that one look-up serves the socket's programs and those on
 * interfaces, which know nothing of sockets. They meet by what no router, tunnel or address translation changes: the id,
 * the question and the role. */
#ifndef SOCKETS_BPF_H
#define SOCKETS_BPF_H

#include "ebpf/pending.bpf.h"

/* Who sends many of one id fills their first set; the second ones are spread by all that tells transactions apart, by bits
 * that are neither in the word nor in the check. */
static __always_inline __u32 sockets_set_of(__u32 id, __u32 role, __u64 tag, __u32 second)
{
	const __u32 server = role == DNS_ROLE_SERVER ? DNS_SOCKET_PENDING_SETS / 2 : 0;
	return (second ? (__u32)(tag >> 32) : id ^ server) & (DNS_SOCKET_PENDING_SETS - 1);
}

/* 16 bits of the tag that its word does not hold, and 16 of the question. */
static __always_inline __u32 sockets_check(__u64 tag, __u64 question) { return tag >> 48 << 16 | question >> 48; }
static __always_inline __u32 sockets_question(__u64 question) { return question >> 32; }

/* Whether a way is LIVE, and the same transaction's. */
static __always_inline __u32 sockets_is(const struct dns_socket_set *set, __u32 way, __u64 word,
					const struct sockets_message *m)
{
	const __u32 differs = set->check[way] ^ sockets_check(m->tag, m->question);
	return pending_state(word) == DNS_PENDING_LIVE && pending_tag_bits_match(word, m->tag) &&
	       !(m->question ? differs : differs >> 16);
}

/* Leaves word for interfaces. */
static __always_inline void sockets_leave(struct dns_socket_word *left, const struct sockets_message *message)
{
	left->question = sockets_question(message->question);
	left->pid = message->pid;
	left->tid = message->tid;
	left->uid = message->uid;
}

/* Asks for the set's line some hundred instructions before it is needed: it mostly lies with another CPU, which has ended a
 * query in it or is to. A store does not wait for it as a load would. */
static __always_inline void sockets_expect(__u32 id, __u32 role)
{
	const __u32 number = sockets_set_of(id, role, 0, 0);
	struct dns_socket_set *set = bpf_map_lookup_elem(&socket_pending, &number);
	if (set)
		*(volatile __u32 *)&set->expected = 1;
}

/* The way to take for a query: its own, given up, before one that is not in use, before the oldest. */
static __always_inline void sockets_choose_insert(const struct dns_socket_set *set, const struct sockets_message *query,
						  struct dns_pending_choice *choice)
{
	__u32 way;
	choice->score = 0;
	choice->way = 0;
	choice->word = 0;
	choice->result = PENDING_INSERTED;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = set->word[way];
		__u64 score = 1ULL << 62;
		if (pending_state(word) == DNS_PENDING_LIVE) {
			const __u64 age = pending_age(query->now, word);
			score = age + 1;
			if (sockets_is(set, way, word, query)) {
				if (age <= query_timeout_ns) {
					choice->result = PENDING_RETRANSMISSION;
					return;
				}
				score = PENDING_GIVEN_UP;
			}
		}
		if (score > choice->score) {
			choice->score = score;
			choice->way = way;
			choice->word = word;
		}
	}
}

/* Puts a query in. PENDING_INSERTED, PENDING_RETRANSMISSION, or PENDING_CONTENDED where the kernel has no map. */
static __always_inline __u32 sockets_insert(const struct sockets_message *query, struct dns_pending_choice *choice,
					    struct sockets_end *gave_way)
{
	__u32 pass;
	for (pass = 0; pass <= PENDING_PASS_EVICT; pass++) {
		const __u32 number = sockets_set_of(query->id, query->role, query->tag, pass == PENDING_PASS_SECOND);
		struct dns_socket_set *set = bpf_map_lookup_elem(&socket_pending, &number);
		__u32 taken;
		if (!set)
			return PENDING_CONTENDED;
		bpf_spin_lock(&set->lock);
		sockets_choose_insert(set, query, choice);
		taken = pending_acceptable(choice, pass);
		if (taken) {
			const __u32 way = choice->way & (DNS_PENDING_WAYS - 1);
			gave_way->workload = set->workload[way];
			*(volatile __u64 *)&set->word[way] = 0; /* not to be read now: see sockets_find */
			set->check[way] = sockets_check(query->tag, query->question);
			set->workload[way] = query->workload;
			if (query->role != DNS_ROLE_SERVER) /* who answers, is known when he does */
				sockets_leave(&set->left[way], query);
			DNS_RELOAD();
			*(volatile __u64 *)&set->word[way] = pending_word(query->now, query->tag, DNS_PENDING_LIVE);
		}
		bpf_spin_unlock(&set->lock);
		if (choice->result == PENDING_RETRANSMISSION)
			return PENDING_RETRANSMISSION;
		if (taken) {
			gave_way->ended = pending_state(choice->word) == DNS_PENDING_LIVE;
			gave_way->outcome = pending_age(query->now, choice->word) > query_timeout_ns ? DNS_OUTCOME_TIMEOUT :
												      DNS_OUTCOME_UNTRACKED;
			return PENDING_INSERTED;
		}
	}
	return PENDING_CONTENDED;
}

/* The way of the query that waits for this response, or DNS_PENDING_WAYS. */
static __always_inline __u32 sockets_choose_complete(const struct dns_socket_set *set, const struct sockets_message *response)
{
	__u32 way, found = DNS_PENDING_WAYS;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++)
		if (sockets_is(set, way, set->word[way], response))
			found = way;
	return found;
}

/* Takes the query that a response answers: PENDING_MATCHED, PENDING_EXPIRED or PENDING_UNMATCHED. */
static __always_inline __u32 sockets_complete(const struct sockets_message *response, struct sockets_end *end)
{
	__u32 pass;
	for (pass = 0; pass <= PENDING_PASS_SECOND; pass++) {
		const __u32 number = sockets_set_of(response->id, response->role, response->tag, pass);
		struct dns_socket_set *set = bpf_map_lookup_elem(&socket_pending, &number);
		__u64 word = 0;
		__u32 way;
		if (!set)
			return PENDING_UNMATCHED;
		bpf_spin_lock(&set->lock);
		way = sockets_choose_complete(set, response);
		if (way < DNS_PENDING_WAYS) {
			word = set->word[way];
			end->workload = set->workload[way];
			if (response->role == DNS_ROLE_SERVER)
				sockets_leave(&set->left[way], response);
			DNS_RELOAD();
			*(volatile __u64 *)&set->word[way] = (word & ~(__u64)DNS_PENDING_STATE_MASK) | DNS_PENDING_DONE;
		}
		bpf_spin_unlock(&set->lock);
		if (way < DNS_PENDING_WAYS) {
			end->age_ns = pending_age(response->now, word);
			return end->age_ns <= query_timeout_ns ? PENDING_MATCHED : PENDING_EXPIRED;
		}
	}
	return PENDING_UNMATCHED;
}

/* Who asked the query, or has just answered it, that is seen on an interface; nothing is written where that is not known.
 * Where several asked the same under the same id, the last one did. No lock: a way that is being written has another word
 * before, or after. */
static __always_inline void sockets_find(__u32 id, __u64 question, __u32 role, __u64 now, struct dns_asker *asker)
{
	const __u32 number = sockets_set_of(id, role, 0, 0), state = role == DNS_ROLE_SERVER ? DNS_PENDING_DONE : DNS_PENDING_LIVE;
	const struct dns_socket_set *set = bpf_map_lookup_elem(&socket_pending, &number);
	__u64 best = query_timeout_ns;
	__u32 way;
	if (!set)
		return;
#pragma unroll
	for (way = 0; way < DNS_PENDING_WAYS; way++) {
		const __u64 word = *(const volatile __u64 *)&set->word[way];
		const __u64 age = pending_age(now, word);
		struct dns_socket_word left;
		__u32 workload;
		if (pending_state(word) != state || set->left[way].question != sockets_question(question) || age > best)
			continue;
		left = set->left[way];
		workload = set->workload[way];
		DNS_RELOAD();
		if (*(const volatile __u64 *)&set->word[way] != word)
			continue;
		best = age;
		asker->pid = left.pid;
		asker->tid = left.tid;
		asker->uid = left.uid;
		asker->workload = workload;
		asker->known = !!left.pid;
	}
}

#endif
