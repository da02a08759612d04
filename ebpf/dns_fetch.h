/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The word that is kept of a question which a resolver asked, or got an answer to: when, and a part of the question's hash.
 * 40 bits of time, in units of 2^10 ns, so times are modulo 13 days and only told apart by how long ago they were; 24 bits
 * of the hash. A word that holds none is 0. */
#ifndef DNS_FETCH_H
#define DNS_FETCH_H

#include "ebpf/dns_platform.h"

enum {
	DNS_FETCH_TIME_SHIFT = 10,
	DNS_FETCH_CHECK_BITS = 24,
	/* Another CPU may have written a word a little after `now` was read: units (about a second) that count as just now. */
	DNS_FETCH_AHEAD = 1 << 20
};
#define DNS_FETCH_CHECK_MASK ((1ULL << DNS_FETCH_CHECK_BITS) - 1)
#define DNS_FETCH_TIME_MASK (~0ULL >> DNS_FETCH_CHECK_BITS)
#define DNS_FETCH_FREE ~0ULL /* rank of a word that holds none: above all others */

/* Other bits than those that choose the set. Never 0. */
DNS_INLINE __u64 dns_fetch_check(__u64 hash) { return (hash >> 24 & DNS_FETCH_CHECK_MASK) | 1; }

DNS_INLINE __u64 dns_fetch_word(__u64 hash, __u64 now)
{
	return now >> DNS_FETCH_TIME_SHIFT << DNS_FETCH_CHECK_BITS | dns_fetch_check(hash);
}

DNS_INLINE __u32 dns_fetch_is(__u64 word, __u64 hash) { return (word & DNS_FETCH_CHECK_MASK) == dns_fetch_check(hash); }

/* The word's age in units, plus DNS_FETCH_AHEAD; the word that is to give way is the one of the highest rank. */
DNS_INLINE __u64 dns_fetch_rank(__u64 word, __u64 now)
{
	if (!word)
		return DNS_FETCH_FREE;
	return ((now >> DNS_FETCH_TIME_SHIFT) + DNS_FETCH_AHEAD - (word >> DNS_FETCH_CHECK_BITS)) & DNS_FETCH_TIME_MASK;
}

/* Whether a word of this rank was written less than so many ns ago. A unit's fraction counts as none. */
DNS_INLINE __u32 dns_fetch_within(__u64 rank, __u64 now, __u64 age_ns)
{
	return rank < DNS_FETCH_AHEAD + (now >> DNS_FETCH_TIME_SHIFT) - ((now - age_ns) >> DNS_FETCH_TIME_SHIFT);
}

#endif
