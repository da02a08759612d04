/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Frame -> message -> count and match: what every packet hook does. Passive: it reads the packet and returns nothing. */
#ifndef OBSERVE_BPF_H
#define OBSERVE_BPF_H

#include "ebpf/claim.bpf.h"
#include "ebpf/dns_unreachable.h"
#include "ebpf/load.bpf.h"
#include "ebpf/pending_cas.bpf.h"
#include "ebpf/pending_lock.bpf.h"
#include "ebpf/store.bpf.h"

/* One message under observation. */
struct observed {
	void *ctx;
	__u32 how; /* HOOK_* flags; a compile-time constant in each program */
	__u32 ifindex;
	__u32 length;     /* octets of the DNS message */
	__u32 role, transport, ip;
	__u64 now;
	__u64 tag;
	struct dns_stats *stats;
	struct dns_scratch *scratch;
};

/* Role by direction: a query that leaves makes this host a client, one that arrives a server; responses the other way. */
static __always_inline __u32 observe_role(__u32 how, __u32 kind)
{
	const __u32 egress = !!(how & HOOK_EGRESS);
	if (how & HOOK_LOCAL)
		return DNS_ROLE_LOCAL;
	return egress == (kind == DNS_QUERY) ? DNS_ROLE_CLIENT : DNS_ROLE_SERVER;
}

static __always_inline struct dns_traffic_key observe_key(const struct dns_pending_facts *facts, __u32 outcome)
{
	struct dns_traffic_key key = {
		.server = facts->server, .outcome = outcome, .type = facts->type,
		.role = facts->role, .transport = facts->transport,
	};
	return key;
}

/* Fills what the record of a pending query and of a response have in common. The addresses are there already. */
static __always_inline void observe_fill_event(const struct observed *o, __u32 type, __u32 server)
{
	struct dns_event *event = &o->scratch->event;
	const struct dns_message *message = &o->scratch->message;
	const __u32 question = message->name_length ? message->name_length + 4 : 0;
	event->ifindex = o->ifindex;
	event->server_slot = server;
	event->role = o->role;
	event->transport = o->transport;
	event->ip = o->ip;
	event->type = type;
	event->message_length = DNS_HEADER_LENGTH + question;
	event->swept = 0;
	event->pad[0] = event->pad[1] = event->pad[2] = 0;
}

/* Endpoints and name of a pending query, for the sweep. Only the used words are written. */
static __always_inline void observe_keep_detail(const struct observed *o, __u32 index)
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

static __always_inline void observe_query(const struct observed *o)
{
	struct dns_event *event = &o->scratch->event;
	struct pending_slot slot = {};
	struct dns_pending_record record = {
		.tag = o->tag,
		.question = o->scratch->message.question,
		.facts = { .role = o->role, .transport = o->transport },
	};
	__u32 result;

	record.facts.server = claim_server_of_query(&event->server, &event->client, o->role);
	record.facts.type = claim_type(&o->scratch->message);
	if (o->how & HOOK_LOCK)
		result = pending_lock_insert(&record, o->now, &o->scratch->choice, &slot);
	else
		result = pending_cas_insert(&record, o->now, &o->scratch->choice, &slot);
	if (result == PENDING_RETRANSMISSION) {
		struct dns_server_stats *server = store_server(o->stats, record.facts.server, o->role);
		if (server)
			server->retransmissions++;
		return;
	}
	if (result == PENDING_CONTENDED) {
		o->stats->pending_contended++;
		o->stats->events_untracked++;
		store_traffic(o->stats, observe_key(&record.facts, DNS_OUTCOME_UNTRACKED), 0, 1, 1);
		return;
	}
	event->query_time_ns = o->now;
	event->latency_ns = 0;
	event->query_size = o->length;
	event->response_size = 0;
	event->outcome = DNS_OUTCOME_TIMEOUT;
	observe_fill_event(o, record.facts.type, record.facts.server);
	observe_keep_detail(o, slot.index);
	slot.set->record[slot.way & (DNS_PENDING_WAYS - 1)] = record;
	if (o->how & HOOK_LOCK)
		pending_lock_publish(&slot, &record, o->now);
	else
		pending_cas_publish(&slot, &record, o->now);
	if (slot.has_evicted) {
		o->stats->events_untracked++;
		store_traffic(o->stats, observe_key(&slot.facts, slot.evicted), 0, 1, 1);
	}
}

/* A transaction has ended with a response, in time or (TIMEOUT) after its query was to be given up. */
static __always_inline __u32 observe_finish(const struct observed *o, const struct pending_slot *slot, __u32 outcome)
{
	struct dns_event *event = &o->scratch->event;
	event->query_time_ns = o->now - slot->age_ns;
	event->latency_ns = slot->age_ns;
	event->query_size = 0;
	event->response_size = o->length;
	event->outcome = outcome;
	observe_fill_event(o, slot->facts.type, slot->facts.server);
	return store_event(o->stats, event);
}

static __always_inline void observe_response_counts(const struct observed *o, __u32 server, __u32 result)
{
	const struct dns_message *message = &o->scratch->message;
	const __u32 truncated = message->flags >> 9 & 1;
	const __u32 empty = dns_rcode(message) == DNS_RCODE_NOERROR && !message->answer_count && !truncated;
	struct dns_server_stats *counts;
	if (result == PENDING_MATCHED && !truncated && !empty)
		return;
	counts = store_server(o->stats, server, o->role);
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

static __always_inline void observe_response(const struct observed *o)
{
	const struct dns_message *message = &o->scratch->message;
	struct pending_slot slot = {};
	struct dns_pending_facts facts = { .role = o->role, .transport = o->transport };
	__u32 result, undelivered = 0;

	if (o->how & HOOK_LOCK)
		result = pending_lock_complete(o->tag, message->question, o->now, &o->scratch->choice, &slot);
	else
		result = pending_cas_complete(o->tag, message->question, o->now, &o->scratch->choice, &slot);
	if (pending_is_match(result)) {
		facts = slot.facts;
	} else {
		/* Under type `other`: what nobody asked for must not fill the traffic map. No metric of responses has a type. */
		facts.server = claim_server_of_response(&o->scratch->event.server);
		facts.type = DNS_TYPE_OTHER;
	}
	if (result == PENDING_MATCHED) {
		store_latency(o->stats, facts.server, o->role, facts.type, slot.age_ns);
		undelivered = observe_finish(o, &slot, dns_rcode(message));
	} else if (result == PENDING_EXPIRED) {
		const __u32 lost = observe_finish(o, &slot, DNS_OUTCOME_TIMEOUT);
		store_traffic(o->stats, observe_key(&facts, DNS_OUTCOME_TIMEOUT), 0, 1, lost);
	}
	observe_response_counts(o, facts.server, result);
	store_traffic(o->stats, observe_key(&facts, dns_rcode(message)), 1, result == PENDING_MATCHED, undelivered);
}

/* A response of another opcode answers no query of ours; it is counted as a response and that is all. */
static __always_inline void observe_other_response(const struct observed *o)
{
	const struct dns_pending_facts facts = {
		.server = claim_server_of_response(&o->scratch->event.server),
		.type = DNS_TYPE_OTHER,
		.role = o->role, .transport = o->transport,
	};
	store_traffic(o->stats, observe_key(&facts, dns_rcode(&o->scratch->message)), 1, 0, 0);
}

/* A function of its own for the verifier, which then walks it once and takes its answer for any number. */
__noinline __u32 observe_parse_message(__u32 available, __u32 length)
{
	const __u32 zero = 0;
	struct dns_scratch *parsed = bpf_map_lookup_elem(&scratch, &zero);
	if (!parsed || available > DNS_PREFIX_LOAD)
		return DNS_LOAD_FAILED;
	return dns_message_parse(parsed->event.message, available, length, &hash_keys, &parsed->message);
}

/* The segment's first message, if it begins with one (RFC 1035, 4.2.2). */
static __always_inline __u32 observe_parse_segment(struct observed *o, __u32 available)
{
	__u32 prefix;
	if (available < 2 + DNS_HEADER_LENGTH)
		return DNS_TCP_NO_MESSAGE_START;
	prefix = dns_be16(o->scratch->event.tcp_prefix);
	available -= 2;
	if (available > prefix)
		available = prefix;
	o->length = prefix;
	if (observe_parse_message(available, prefix) != DNS_OK)
		return DNS_TCP_NO_MESSAGE_START;
	DNS_RELOAD();
	return dns_plausible_start(prefix, &o->scratch->message) ? DNS_OK : DNS_TCP_NO_MESSAGE_START;
}

/* Loads the message and parses it; DNS_OK, or why the packet counts as no message. */
static __always_inline __u32 observe_parse(struct observed *o, const struct dns_frame *frame, __u32 packet_length)
{
	const __u32 tcp = o->transport == DNS_TCP;
	__u32 available = packet_length > frame->payload ? packet_length - frame->payload : 0;

	if (!tcp && frame->length < DNS_HEADER_LENGTH)
		return DNS_SHORT_HEADER;
	if (available > frame->length)
		available = frame->length;
	if (!available)
		return DNS_TRUNCATED_PACKET;
	available = load_bytes(o->ctx, o->how, frame->payload, o->scratch->event.tcp_prefix + (tcp ? 0 : 2), available,
			       DNS_PREFIX_LOAD + 2);
	if (!available)
		return DNS_LOAD_FAILED;
	if (tcp)
		return observe_parse_segment(o, available);
	o->length = frame->length;
	return observe_parse_message(available > DNS_PREFIX_LOAD ? DNS_PREFIX_LOAD : available, frame->length);
}

/* Which end is the client follows from the QR bit: a query's source, a response's destination. */
static __always_inline void observe_endpoints(const struct observed *o)
{
	struct dns_event *event = &o->scratch->event;
	const struct dns_frame *frame = &o->scratch->frame;
	if (dns_kind(&o->scratch->message) == DNS_QUERY) {
		event->client = o->scratch->source;
		event->server = o->scratch->destination;
		event->client_port = frame->source_port;
		event->server_port = frame->destination_port;
	} else {
		event->client = o->scratch->destination;
		event->server = o->scratch->source;
		event->client_port = frame->destination_port;
		event->server_port = frame->source_port;
	}
}

static __always_inline void observe_message(struct observed *o)
{
	const struct dns_message *message = &o->scratch->message;
	const struct dns_event *event = &o->scratch->event;

	o->role = observe_role(o->how, dns_kind(message));
	store_message(o->stats, o->ifindex, !!(o->how & HOOK_EGRESS), o->ip, o->transport, o->length, message);
	if (dns_opcode(message) != DNS_OPCODE_QUERY) {
		if (dns_kind(message) == DNS_RESPONSE)
			observe_other_response(o);
		return;
	}
	o->now = bpf_ktime_get_ns();
	o->tag = dns_transaction_tag(&event->client, &event->server, event->client_port, event->server_port, message->id,
				     o->role, o->transport, &hash_keys);
	if (dns_kind(message) == DNS_QUERY)
		observe_query(o);
	else
		observe_response(o);
}

/* A packet whose frame was read and is on a DNS port, or is to be counted for a reason. The frame and the addresses are
 * in the scratch. */
static __always_inline void observe_frame(void *ctx, const __u32 how, __u32 ifindex, __u32 packet_length, __u32 reason,
					  struct dns_scratch *scratch)
{
	const struct dns_frame *frame = &scratch->frame;
	struct observed o = { .ctx = ctx, .how = how, .ifindex = ifindex, .stats = store_stats(), .scratch = scratch };
	if (!o.stats)
		return;
	DNS_RELOAD();
	o.ip = frame->ip;
	o.transport = frame->transport;
	if (reason == DNS_OK)
		reason = observe_parse(&o, frame, packet_length);
	store_packet(o.stats, frame->protocol, reason, 1);
	if (reason != DNS_OK)
		return;
	observe_endpoints(&o);
	observe_message(&o);
}

/* An ICMP message about a query: the query's destination is in the scratch. It arrives at the client. */
static __always_inline void observe_unreachable(const struct dns_scratch *quoted, const __u32 how)
{
	struct dns_stats *s = store_stats();
	struct dns_server_stats *counts;
	if (!s)
		return;
	counts = store_server(s, claim_server_of_response(&quoted->destination), observe_role(how, DNS_RESPONSE));
	if (counts)
		counts->unreachable++;
}

static __always_inline struct dns_scratch *observe_scratch(void)
{
	const __u32 zero = 0;
	return bpf_map_lookup_elem(&scratch, &zero);
}

#endif
