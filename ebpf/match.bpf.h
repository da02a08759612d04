/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Query and response -> transaction: the pending table, the outcome's counts and the event. */
#ifndef MATCH_BPF_H
#define MATCH_BPF_H

#include "ebpf/asker.bpf.h"
#include "ebpf/claim.bpf.h"
#include "ebpf/clients.bpf.h"
#include "ebpf/load.bpf.h"
#include "ebpf/pending_cas.bpf.h"
#include "ebpf/pending_lock.bpf.h"
#include "ebpf/store.bpf.h"

/* One message under observation, for one function: what outlives it is in the scratch. */
struct observed {
	void *ctx;
	__u32 how; /* HOOK_* flags; a compile-time constant in each program */
	__u32 transport, ip;
	struct dns_stats *stats;
	struct dns_scratch *scratch;
	struct dns_observed *at; /* the scratch's */
};

static __always_inline struct dns_traffic_key match_key(const struct dns_pending_facts *facts, __u32 outcome)
{
	struct dns_traffic_key key = {
		.server = facts->server, .outcome = outcome, .type = facts->type,
		.role = facts->role, .transport = facts->transport,
	};
	return key;
}

/* Fills what the record of a pending query and of a response have in common. The addresses are there already. */
static __always_inline void match_fill_event(const struct observed *o, __u32 type, __u32 server,
					     const struct dns_asker *asker)
{
	struct dns_event *event = &o->scratch->event;
	const struct dns_message *message = &o->scratch->message;
	const __u32 question = message->name_length ? message->name_length + 4 : 0;
	event->ifindex = o->at->ifindex;
	event->server_slot = server;
	event->role = o->at->role;
	event->asker = *asker;
	event->transport = o->transport;
	event->ip = o->ip;
	event->type = type;
	event->message_length = DNS_HEADER_LENGTH + question;
	event->swept = 0;
	event->lane = DNS_EVENT_WIRE;
	event->kind = event->found = 0;
}

/* Endpoints and name of a pending query, for the sweep. Only the used words are written. */
static __always_inline void match_keep_detail(const struct observed *o, __u32 index)
{
	const struct dns_event *event = &o->scratch->event;
	struct dns_event *detail = bpf_map_lookup_elem(&pending_detail, &index);
	__u32 at;
	if (!detail) {
		o->stats->map_failures++;
		return;
	}
	__builtin_memcpy(detail, event, DNS_EVENT_FIXED);
	*(__u32 *)detail->message = *(const __u32 *)event->message; /* up to a multiple of 8 */
	for (at = 4; at + 8 <= DNS_MESSAGE_PREFIX; at += 8) {
		if (at >= event->message_length)
			break;
		*(__u64 *)(detail->message + at) = *(const __u64 *)(event->message + at);
	}
}

static __always_inline void match_query(const struct observed *o)
{
	struct dns_event *event = &o->scratch->event;
	struct pending_slot slot = {};
	struct dns_pending_record record = {
		.tag = o->at->tag,
		.question = o->scratch->message.question,
		.facts = { .role = o->at->role, .transport = o->transport },
	};
	__u32 result;

	clients_see(&event->client, o->at->now, o->at->role);
	record.facts.server = claim_server_of_query(&event->server, &event->client, o->at->role);
	record.facts.type = claim_type(&o->scratch->message);
	if (o->at->role != DNS_ROLE_SERVER) /* who answers, is known when he does */
		asker_find(o->scratch, &record.asker);
	if (o->how & HOOK_LOCK)
		result = pending_lock_insert(&record, o->at->now, &o->scratch->choice, &slot);
	else
		result = pending_cas_insert(&record, o->at->now, &o->scratch->choice, &slot);
	if (result == PENDING_RETRANSMISSION) {
		struct dns_server_stats *server = store_server(o->stats, record.facts.server, o->at->role);
		if (server)
			server->retransmissions++;
		return;
	}
	if (result == PENDING_CONTENDED) {
		o->stats->pending_contended++;
		o->stats->events_untracked++;
		store_traffic(o->stats, match_key(&record.facts, DNS_OUTCOME_UNTRACKED), 0, 1, 1);
		asker_ended(&record.asker, DNS_OUTCOME_UNTRACKED);
		return;
	}
	event->query_time_ns = o->at->now;
	event->latency_ns = 0;
	event->query_size = o->at->length;
	event->response_size = 0;
	event->outcome = DNS_OUTCOME_TIMEOUT;
	match_fill_event(o, record.facts.type, record.facts.server, &record.asker);
	match_keep_detail(o, slot.index);
	slot.set->record[slot.way & (DNS_PENDING_WAYS - 1)] = record;
	if (o->how & HOOK_LOCK)
		pending_lock_publish(&slot, &record, o->at->now);
	else
		pending_cas_publish(&slot, &record, o->at->now);
	if (slot.has_evicted) {
		o->stats->events_untracked++;
		store_traffic(o->stats, match_key(&slot.facts, slot.evicted), 0, 1, 1);
		asker_ended(&slot.asker, slot.evicted);
	}
}

/* A transaction has ended with a response, in time or (TIMEOUT) after its query was to be given up. */
static __always_inline __u32 match_finish(const struct observed *o, struct pending_slot *slot, __u32 outcome)
{
	struct dns_event *event = &o->scratch->event;
	if (o->at->role == DNS_ROLE_SERVER)
		asker_find(o->scratch, &slot->asker);
	if (outcome == DNS_OUTCOME_TIMEOUT)
		asker_ended(&slot->asker, outcome);
	else
		asker_answered(&slot->asker, outcome, slot->age_ns);
	event->query_time_ns = o->at->now - slot->age_ns;
	event->latency_ns = slot->age_ns;
	event->query_size = 0;
	event->response_size = o->at->length;
	event->outcome = outcome;
	match_fill_event(o, slot->facts.type, slot->facts.server, &slot->asker);
	return store_event(o->stats, event);
}

static __always_inline void match_response_counts(const struct observed *o, __u32 server, __u32 result)
{
	const struct dns_message *message = &o->scratch->message;
	const __u32 truncated = message->flags >> 9 & 1;
	const __u32 empty = o->at->outcome == DNS_RCODE_NOERROR && !message->answer_count && !truncated;
	struct dns_server_stats *counts;
	if (result == PENDING_MATCHED && !truncated && !empty)
		return;
	counts = store_server(o->stats, server, o->at->role);
	if (!counts)
		return;
	counts->truncated += truncated;
	counts->empty += empty;
	if (result == PENDING_UNMATCHED)
		counts->unmatched++;
	else if (result == PENDING_DUPLICATE)
		counts->duplicate++;
	else if (result != PENDING_MATCHED)
		counts->late++;
}

/* A unicast answer to a query that went to a group: of LLMNR (RFC 4795, 2.4), or of mDNS (RFC 6762, 5.4 and 6.7). */
static __always_inline __u32 match_is_of_group(const struct observed *o)
{
	const __u32 port = o->scratch->event.server_port;
	return o->transport == DNS_UDP && (port == DNS_PORT_MDNS || port == DNS_PORT_LLMNR);
}

static __always_inline void match_response(const struct observed *o)
{
	const struct dns_message *message = &o->scratch->message;
	struct pending_slot slot = {};
	struct dns_pending_facts facts = { .role = o->at->role, .transport = o->transport };
	__u32 result, outcome, undelivered = 0;

	if (o->how & HOOK_LOCK)
		result = pending_lock_complete(o->at->tag, message->question, o->at->now, &o->scratch->choice, &slot);
	else
		result = pending_cas_complete(o->at->tag, message->question, o->at->now, &o->scratch->choice, &slot);
	if (result == PENDING_UNMATCHED && match_is_of_group(o)) {
		o->stats->multicast[DNS_RESPONSE]++;
		return;
	}
	outcome = claim_outcome(o->at->outcome, result == PENDING_MATCHED);
	if (pending_is_match(result)) {
		facts = slot.facts;
	} else {
		/* Under type `other`: what nobody asked for must not fill the traffic map. No metric of responses has a type. */
		facts.server = claim_server_of_response(&o->scratch->event.server);
		facts.type = DNS_TYPE_OTHER;
	}
	if (result == PENDING_MATCHED) {
		store_latency(o->stats, facts.server, o->at->role, facts.type, slot.age_ns);
		undelivered = match_finish(o, &slot, outcome);
	} else if (result == PENDING_EXPIRED) {
		const __u32 lost = match_finish(o, &slot, DNS_OUTCOME_TIMEOUT);
		store_traffic(o->stats, match_key(&facts, DNS_OUTCOME_TIMEOUT), 0, 1, lost);
	}
	match_response_counts(o, facts.server, result);
	store_traffic(o->stats, match_key(&facts, outcome), 1, result == PENDING_MATCHED, undelivered);
}

/* A response of another opcode answers no query of ours; it is counted as a response and that is all. */
static __always_inline void match_other_response(const struct observed *o)
{
	const struct dns_pending_facts facts = {
		.server = claim_server_of_response(&o->scratch->event.server),
		.type = DNS_TYPE_OTHER,
		.role = o->at->role, .transport = o->transport,
	};
	store_traffic(o->stats, match_key(&facts, claim_outcome(o->at->outcome, 0)), 1, 0, 0);
}

/* Counts a message that is there in full: its kind decides what becomes of it. */
static __always_inline void match_message(const struct observed *o)
{
	const struct dns_message *message = &o->scratch->message;
	const struct dns_event *event = &o->scratch->event;
	const __u32 kind = dns_kind(message);

	if (dns_opcode(message) != DNS_OPCODE_QUERY) {
		if (kind == DNS_RESPONSE)
			match_other_response(o);
		return;
	}
	if (dns_is_multicast(&o->scratch->destination)) { /* many may answer, or none: there is no outcome to wait for */
		o->stats->multicast[kind]++;
		return;
	}
	o->at->now = bpf_ktime_get_ns();
	o->at->tag = dns_transaction_tag(&event->client, &event->server, event->client_port, event->server_port, message->id,
					 o->at->role, o->transport, &hash_keys);
	if (kind == DNS_QUERY)
		match_query(o);
	else
		match_response(o);
}

#endif
