/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * How often a client asks: queries by the second, for as many clients as a small table holds. A way has two words: the
 * second that is being counted, and the last one before it in which there were more queries than the limit. A second that
 * is over is judged when its client's next query comes, or by the reader.
 *
 * A word: 30 bits of second, 2 bits of role, 32 bits of queries. Several CPUs may count one client, without a lock: where
 * they turn to a new second at the same moment, or take a way at the same moment, some counts of that moment are lost. */
#ifndef DNS_CLIENT_H
#define DNS_CLIENT_H

#include "ebpf/dns_abi.h"
#include "ebpf/dns_message.h"

enum {
	DNS_CLIENT_ROLE_SHIFT = 32,
	DNS_CLIENT_ROLE_MASK = 3,
	DNS_CLIENT_SECOND_SHIFT = 34,
	DNS_CLIENT_SET_SHIFT = 54,   /* the upper bits of a tag choose the set, the next ones are the draw */
	DNS_CLIENT_DRAW_SHIFT = 52,
	DNS_SECOND_UNIT_SHIFT = 20,  /* a unit of 2^20 ns is about a millisecond */
	DNS_SECOND_SCALE = 1125900,  /* 2^50 / 10^9 */
	DNS_SECOND_SCALE_SHIFT = 30
};
#define DNS_CLIENT_STAYS (~0ULL) /* rank of a client that does not give way */

enum dns_client_result {
	DNS_CLIENT_COUNTED,
	DNS_CLIENT_EVICTED, /* counted, and another one that has asked in this second had to give way */
	DNS_CLIENT_NO_ROOM  /* not counted: none of the set gives way */
};

/* The second that a time below 2^63 ns lies in: a multiplication in place of a division. Seconds begin at whole units,
 * so one is a millisecond longer than the next. */
DNS_INLINE __u64 dns_second_of(__u64 ns)
{
	return (ns >> DNS_SECOND_UNIT_SHIFT) * DNS_SECOND_SCALE >> DNS_SECOND_SCALE_SHIFT;
}

/* The first nanosecond of a second. */
DNS_INLINE __u64 dns_second_begin(__u64 second)
{
	return ((second << DNS_SECOND_SCALE_SHIFT) + DNS_SECOND_SCALE - 1) / DNS_SECOND_SCALE << DNS_SECOND_UNIT_SHIFT;
}

/* The word of a client's first query in a second. */
DNS_INLINE __u64 dns_client_first(__u64 second, __u32 role)
{
	return second << DNS_CLIENT_SECOND_SHIFT | (__u64)(role & DNS_CLIENT_ROLE_MASK) << DNS_CLIENT_ROLE_SHIFT | 1;
}

DNS_INLINE __u64 dns_client_second(__u64 word) { return word >> DNS_CLIENT_SECOND_SHIFT; }
DNS_INLINE __u32 dns_client_role(__u64 word) { return word >> DNS_CLIENT_ROLE_SHIFT & DNS_CLIENT_ROLE_MASK; }
DNS_INLINE __u32 dns_client_queries(__u64 word) { return (__u32)word; }

/* Another CPU may write it now. */
DNS_INLINE __u64 dns_client_load(const __u64 *word) { return *(const volatile __u64 *)word; }

/* Where a client is counted: DNS_CLIENT_SET_SHIFT. The multiplication spreads the hash over the upper bits. */
DNS_INLINE __u64 dns_client_tag(const struct dns_address *address, const volatile struct dns_hash_keys *keys)
{
	return dns_tag_of(dns_address_hash(address, keys));
}

/* A free way is the address :: as a client, long ago. */
DNS_INLINE __u32 dns_client_is(const struct dns_client *client, const struct dns_address *address, __u64 first)
{
	return client->address.low == address->low && client->address.high == address->high &&
	       dns_client_role(dns_client_load(&client->latest)) == dns_client_role(first);
}

/* A CPU that read the clock before another one turned to the next second counts for that one. */
DNS_INLINE void dns_client_add(struct dns_client *client, __u64 first, __u32 limit)
{
	const __u64 latest = dns_client_load(&client->latest);
	if (dns_client_second(latest) >= dns_client_second(first)) {
		__sync_fetch_and_add(&client->latest, 1);
		return;
	}
	if (dns_client_queries(latest) > limit)
		client->over = latest;
	*(volatile __u64 *)&client->latest = first;
}

/* Whether the word is of this second or the last one, and over the limit. */
DNS_INLINE __u32 dns_client_is_over(__u64 word, __u64 first, __u32 limit)
{
	return dns_client_queries(word) > limit && dns_client_second(word) + 1 >= dns_client_second(first);
}

/* How soon a way gives way, the lowest first: who has not asked for the longest time, then who asked least. Clients that
 * asked once, as spoofed ones do, so replace each other, drawn by lot (`lot`, 0..3), and not one that asked twice. */
DNS_INLINE __u64 dns_client_rank(const struct dns_client *client, __u64 first, __u32 limit, __u32 lot)
{
	const __u64 latest = dns_client_load(&client->latest), over = dns_client_load(&client->over);
	if (dns_client_is_over(latest, first, limit) || dns_client_is_over(over, first, limit))
		return DNS_CLIENT_STAYS;
	return dns_client_second(latest) << DNS_CLIENT_SECOND_SHIFT | (__u64)dns_client_queries(latest) << 2 | lot;
}

/* The address is in its place before it counts. */
DNS_INLINE void dns_client_begin(struct dns_client *client, const struct dns_address *address, __u64 first)
{
	*(volatile __u64 *)&client->latest = 0;
	*(volatile __u64 *)&client->over = 0;
	*(volatile __u64 *)&client->address.high = address->high;
	*(volatile __u64 *)&client->address.low = address->low;
	*(volatile __u64 *)&client->latest = first;
}

/* Counts one query. `first`: dns_client_first() of now; `tag`: dns_client_tag(). Returns an enum dns_client_result. */
DNS_INLINE __u32 dns_client_count(struct dns_client_set *set, const struct dns_address *address, __u64 first, __u64 tag,
				  __u32 limit)
{
	const __u32 draw = tag >> DNS_CLIENT_DRAW_SHIFT & (DNS_CLIENT_WAYS - 1);
	__u64 least = DNS_CLIENT_STAYS, second = dns_client_second(first);
	__u32 way, chosen = 0;
	for (way = 0; way < DNS_CLIENT_WAYS; way++)
		if (dns_client_is(&set->way[way], address, first)) {
			dns_client_add(&set->way[way], first, limit);
			return DNS_CLIENT_COUNTED;
		}
	for (way = 0; way < DNS_CLIENT_WAYS; way++) {
		const __u64 rank = dns_client_rank(&set->way[way], first, limit, way ^ draw);
		if (rank < least) {
			least = rank;
			chosen = way;
		}
	}
	if (least == DNS_CLIENT_STAYS)
		return DNS_CLIENT_NO_ROOM;
	DNS_BOUND(chosen, DNS_CLIENT_WAYS - 1);
	dns_client_begin(&set->way[chosen], address, first);
	return least >> DNS_CLIENT_SECOND_SHIFT == second ? DNS_CLIENT_EVICTED : DNS_CLIENT_COUNTED;
}

#endif
