/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Frame -> message -> count and match: what every packet hook does. Passive: it reads the packet and returns nothing. */
#ifndef OBSERVE_BPF_H
#define OBSERVE_BPF_H

#include "ebpf/edns.bpf.h"
#include "ebpf/flow.bpf.h"
#include "ebpf/sockets.bpf.h"
#include "ebpf/dns_unreachable.h"

static __always_inline struct dns_scratch *observe_scratch(__u32 lane)
{
	const __u32 index = dns_scratch_of(lane);
	return bpf_map_lookup_elem(&scratch, &index);
}

/* Role by direction: a query that leaves makes this host a client, one that arrives a server; responses the other way. */
static __always_inline __u32 observe_role(__u32 how, __u32 kind)
{
	const __u32 egress = !!(how & HOOK_EGRESS);
	if (how & HOOK_LOCAL)
		return DNS_ROLE_LOCAL;
	return egress == (kind == DNS_QUERY) ? DNS_ROLE_CLIENT : DNS_ROLE_SERVER;
}

/* A function of its own for the verifier, which then walks it once and takes its answer for any number. */
__weak __noinline __u32 observe_parse_message(__u32 lane, __u32 available, __u32 length)
{
	struct dns_scratch *parsed = observe_scratch(lane);
	if (!parsed || available > DNS_PREFIX_LOAD)
		return DNS_LOAD_FAILED;
	return dns_message_parse(parsed->event.message, available, length, &hash_keys, &parsed->message);
}

/* Several datagrams in one packet, to be cut by the device: the first is looked at, the others are counted. A guest's
 * packet has no count of them yet (SKB_GSO_DODGY). */
static __always_inline void observe_segmented(struct dns_stats *s, struct dns_frame *frame, __u32 segments, __u32 size)
{
	if (!size || frame->length <= size)
		return;
	if (!segments)
		segments = (frame->length + size - 1) / size;
	store_packet(s, DNS_PROTO_UDP, DNS_SEGMENTED, segments - 1);
	frame->length = size;
}

/* Loads a datagram's message and parses it; DNS_OK, or why the packet counts as no message. */
static __always_inline __u32 observe_datagram(void *ctx, const __u32 how, __u32 lane, struct dns_scratch *scratch,
					       __u32 packet_length)
{
	const struct dns_frame *frame = &scratch->frame;
	struct dns_observed *at = &scratch->observed;
	__u32 available = packet_length > frame->payload ? packet_length - frame->payload : 0;
	__u32 reason;

	if (frame->length < DNS_HEADER_LENGTH)
		return DNS_SHORT_HEADER;
	if (available > frame->length)
		available = frame->length;
	at->length = frame->length;
	at->present = frame->payload + available;
	if (!available)
		return DNS_TRUNCATED_PACKET;
	available = load_bytes(ctx, how, frame->payload, scratch->event.message, available, DNS_PREFIX_LOAD);
	if (!available)
		return DNS_LOAD_FAILED;
	if (how & HOOK_SOCKET) {
		const __u8 *header = scratch->event.message;
		sockets_expect(dns_be16(header), observe_role(how, header[2] >> 7));
	}
	reason = observe_parse_message(lane, available, frame->length);
	at->records = frame->payload + dns_question_end(&scratch->message);
	at->end = frame->payload + frame->length;
	at->message = frame->payload;
	return reason;
}

/* Does what scratch->load says; 0 octets where the kernel refuses. */
static __always_inline __u32 observe_load(void *ctx, const __u32 how, struct dns_scratch *scratch)
{
	__u32 behind = scratch->load.behind;
	DNS_BOUND(behind, SCRATCH_SPILL - 1);
	scratch->load.got = load_bytes(ctx, how, scratch->load.from, scratch->event.tcp_prefix + behind, scratch->load.wanted,
				       DNS_STREAM_HEAD);
	return 0;
}

/* Copies a head, in words, from where it is kept to where a message is put together, or back. */
static __always_inline void observe_copy_head(void *to, const void *from, __u32 octets)
{
	__u32 at;
	for (at = 0; at < DNS_FLOW_HEAD; at += 8) {
		if (at >= octets)
			break;
		*(__u64 *)((char *)to + at) = *(const __u64 *)((const char *)from + at);
	}
}

/* Which end is the client follows from the QR bit: a query's source, a response's destination. */
static __always_inline void observe_endpoints(struct dns_scratch *scratch)
{
	struct dns_event *event = &scratch->event;
	const struct dns_frame *frame = &scratch->frame;
	if (dns_kind(&scratch->message) == DNS_QUERY) {
		event->client = scratch->source;
		event->server = scratch->destination;
		event->client_port = frame->source_port;
		event->server_port = frame->destination_port;
	} else {
		event->client = scratch->destination;
		event->server = scratch->source;
		event->client_port = frame->destination_port;
		event->server_port = frame->source_port;
	}
}

/* The message in the scratch, its OPT record included, is counted. */
static __always_inline int observe_message(void *ctx, const __u32 how, __u32 lane)
{
	struct observed o = { .ctx = ctx, .how = how, .stats = store_stats(lane), .scratch = observe_scratch(lane) };
	const struct dns_message *message;
	if (!o.stats || !o.scratch)
		return 0;
	o.at = &o.scratch->observed;
	o.ip = o.scratch->frame.ip;
	o.transport = o.scratch->frame.transport;
	message = &o.scratch->message;
	o.at->role = observe_role(how, dns_kind(message));
	o.at->outcome = dns_rcode(message) | (o.scratch->edns.extended_rcode & 0xff) << 4;
	observe_endpoints(o.scratch);
	store_message(o.stats, o.at->ifindex, !!(how & HOOK_EGRESS), o.ip, o.transport, o.at->length, message,
		      &o.scratch->edns);
	match_message(&o);
	return 0;
}

/* An ICMP message about a query: the query's destination is in the scratch. It arrives at the client. */
static __always_inline void observe_unreachable(struct dns_stats *s, const struct dns_scratch *quoted, const __u32 how)
{
	struct dns_server_stats *counts = store_server(s, claim_server_of_response(&quoted->destination), observe_role(how, DNS_RESPONSE));
	if (counts)
		counts->unreachable++;
}

#endif
