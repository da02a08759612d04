/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * What a socket's message tells beyond its counts: of a resolver's cache, of searches, and as a record for chains. Functions
 * of their own for the verifier; what they need is in the scratch. */
#ifndef TELL_BPF_H
#define TELL_BPF_H

#include "ebpf/observe.bpf.h"
#include "ebpf/owner.bpf.h"
#include "ebpf/record.bpf.h"
#include "ebpf/search.bpf.h"

enum { TELL_NAMES_ABOVE = 10 }; /* MAX_MINIMISE_COUNT of RFC 9156, 2.3 */

/* The record in the scratch is sent. Whose it is, a client's answer does not know yet. */
__noinline __u32 tell_send(struct __sk_buff *skb, __u32 lane)
{
	struct bpf_sock *sk = skb->sk;
	const struct dns_owner *owner = sk ? bpf_sk_storage_get(&owners, sk, 0, 0) : 0;
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (!scratch || !stats)
		return 0;
	if (owner) {
		scratch->event.asker.pid = owner->task.pid;
		scratch->event.asker.tid = owner->task.tid;
		scratch->event.asker.uid = owner->task.uid;
		scratch->event.asker.known = 1;
	}
	observe_endpoints(scratch);
	record_send(stats, scratch);
	return 0;
}

/* A query that a client has sent. What a resolver asks is urgent: the chain of who waits for it would be cut without it. */
__noinline __u32 tell_asked(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	const struct sockets_message *query;
	__u32 resolver;
	if (!scratch || !stats)
		return 0;
	query = &scratch->socket;
	resolver = cache_is(query->group);
	if (resolver && query->question)
		cache_note(stats, query->question, query->group, CACHE_ASKED, query->now);
	if (!record_allow(stats, resolver, query->now))
		return 0;
	scratch->event.query_time_ns = query->now;
	scratch->event.latency_ns = 0;
	scratch->event.outcome = 0;
	record_fill_in(scratch, query, DNS_QUERY, resolver ? DNS_FOUND_RESOLVER : 0);
	tell_send(skb, lane);
	return 0;
}

/* Sends the record of an answer, if it is due. */
static __always_inline void tell_answer(struct __sk_buff *skb, __u32 lane, struct dns_stats *stats, struct dns_scratch *scratch,
				       __u32 found)
{
	const struct sockets_message *response = &scratch->socket;
	const __u32 failed = response->outcome != DNS_RCODE_NOERROR && response->outcome != SEARCH_RCODE_NXDOMAIN;
	const __u32 urgent = failed || scratch->end.age_ns >= RECORD_SLOW_NS ||
			     found & (DNS_FOUND_SEARCH | DNS_FOUND_MISS | DNS_FOUND_RESOLVER);
	if (!record_allow(stats, urgent, response->now))
		return;
	scratch->event.query_time_ns = response->now - scratch->end.age_ns;
	scratch->event.latency_ns = scratch->end.age_ns;
	scratch->event.outcome = response->outcome;
	record_fill_in(scratch, response, DNS_RESPONSE, found);
	tell_send(skb, lane);
}

/* The hash of the question's name from an octet on, without type and class. */
static __always_inline __u64 tell_name(const struct dns_scratch *scratch, __u32 from)
{
	__u32 length = scratch->message.name_length - from;
	DNS_BOUND(from, DNS_NAME_MAX);
	DNS_BOUND(length, DNS_NAME_MAX);
	return dns_question_hash(scratch->event.message + DNS_HEADER_LENGTH + from, length, 0, 0, &hash_keys);
}

/* A resolver has been told that the question's name does not exist. */
__noinline __u32 tell_denied(__u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (scratch && stats)
		cache_note(stats, tell_name(scratch, 0), scratch->socket.group, CACHE_DENIED, scratch->socket.now);
	return 0;
}

/* A client has got an answer: what it is to one who asks on, as resolvers do, or searches. */
__noinline __u32 tell_client(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	struct sockets_message *response;
	__u32 workload, found = 0;
	if (!scratch || !stats)
		return 0;
	response = &scratch->socket;
	workload = response->workload;
	DNS_BOUND(workload, DNS_WORKLOADS - 1);
	response->group = cache_groups[workload];
	if (dns_may_refer(&scratch->message) && scratch->edns.name_servers) {
		stats->referrals++;
		found |= DNS_FOUND_REFERRAL;
	}
	if (cache_is(response->group)) {
		found |= DNS_FOUND_RESOLVER;
		if (response->question)
			cache_note(stats, response->question, response->group, CACHE_ANSWERED, response->now);
		if (response->question && response->outcome == CACHE_NXDOMAIN)
			tell_denied(lane);
	}
	if (search_is_due(scratch, workload, response->outcome, response->now))
		found |= DNS_FOUND_SEARCH;
	tell_answer(skb, lane, stats, scratch, found);
	return 0;
}

/* One step of the walk to the targets of the CNAME records of the answer that leaves. */
__noinline __u32 tell_alias_step(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	__u32 wanted, available;
	if (!scratch)
		return DNS_ALIAS_DONE;
	wanted = dns_alias_window(&scratch->alias);
	available = load_bytes(skb, HOOK_SOCKET, scratch->alias.at, dns_alias_place(&scratch->alias), wanted, DNS_ALIAS_WINDOW);
	return dns_alias_step(&scratch->alias, available == wanted ? available : 0);
}

/* Whether the resolver has got an answer for the target since the query came. */
__noinline __u32 tell_alias_asked(__u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	const struct sockets_message *response;
	__u64 question;
	__u32 length;
	if (!scratch)
		return 0;
	response = &scratch->socket;
	length = scratch->alias.used;
	if (length > DNS_NAME_MAX)
		return 0;
	question = dns_question_hash(scratch->alias.name, length, scratch->message.type, scratch->message.class_, &hash_keys);
	dns_alias_next(&scratch->alias);
	return cache_since(question, response->group, CACHE_ANSWERED, response->now, scratch->end.age_ns);
}

/* Of a chain of CNAME records a resolver may have only the beginning in its cache. 1: it had to ask for another part. */
__noinline __u32 tell_aliases_asked(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	const struct dns_observed *at;
	__u32 i;
	if (!scratch)
		return 0;
	at = &scratch->observed;
	dns_alias_begin(&scratch->alias, at->message, at->records, at->end, at->present, scratch->message.answer_count);
	for (i = 0; i < DNS_ALIAS_STEPS; i++) {
		const __u32 result = tell_alias_step(skb, lane);
		if (result == DNS_ALIAS_DONE)
			break;
		if (result == DNS_ALIAS_NAME && tell_alias_asked(lane))
			return 1;
	}
	return 0;
}

static __always_inline void tell_hit(struct dns_stats *stats, __u64 latency_ns)
{
	stats->cache_hits++;
	stats->hit_latency_sum_ns += latency_ns;
	stats->hit_latency[dns_latency_bucket(settings.latency_edges_ns, latency_ns) & (DNS_LATENCY_BUCKETS - 1)]++;
}

/* Whether a resolver that answers had to ask for its question, or only asked, and failed. */
__noinline __u32 tell_question_asked(__u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	const struct sockets_message *response;
	__u64 age_ns;
	if (!scratch)
		return 0;
	response = &scratch->socket;
	age_ns = scratch->end.age_ns;
	if (cache_since(response->question, response->group, CACHE_ANSWERED, response->now, age_ns))
		return 1;
	return response->outcome == CACHE_SERVFAIL &&
	       cache_since(response->question, response->group, CACHE_ASKED, response->now, age_ns);
}

/* Whether it was told so of the name from an octet on, since the query came. */
__noinline __u32 tell_was_denied(__u32 lane, __u32 from)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	if (!scratch || from >= scratch->message.name_length)
		return 0;
	return cache_since(tell_name(scratch, from), scratch->socket.group, CACHE_DENIED, scratch->socket.now,
			   scratch->end.age_ns);
}

/* A resolver that minimises QNAMEs strictly (RFC 9156) asks no further once a name above does not exist. */
__noinline __u32 tell_above_denied(__u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	__u32 i, from = 0;
	if (!scratch)
		return 0;
	for (i = 0; i < TELL_NAMES_ABOVE; i++) {
		DNS_BOUND(from, DNS_NAME_MAX);
		from += 1 + (scratch->event.message[DNS_HEADER_LENGTH + from] & 63);
		if (from >= scratch->message.name_length)
			return 0;
		if (tell_was_denied(lane, from))
			return 1;
	}
	return 0;
}

/* A resolver has answered. */
__noinline __u32 tell_resolver(struct __sk_buff *skb, __u32 lane, __u32 miss)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (!scratch || !stats)
		return 0;
	if (miss)
		stats->cache_misses++;
	else
		tell_hit(stats, scratch->end.age_ns);
	tell_answer(skb, lane, stats, scratch, miss ? DNS_FOUND_MISS : DNS_FOUND_HIT);
	return 0;
}

/* A resolver answers: whether from its cache. These are called one after the other, not one by another, since older kernels
 * add the stacks of all that call each other, in units of 32 octets. */
static __always_inline void tell_resolved(struct __sk_buff *skb, __u32 lane, const struct dns_scratch *scratch)
{
	__u32 miss = tell_question_asked(lane);
	if (!miss && scratch->message.answer_count && scratch->message.question_count == 1)
		miss = tell_aliases_asked(skb, lane);
	if (!miss && scratch->socket.outcome == CACHE_NXDOMAIN)
		miss = tell_above_denied(lane);
	tell_resolver(skb, lane, miss);
}

#endif
