/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Datagrams in fragments. All that is looked at lies in the first one, unless somebody cuts it very small: then the
 * message's octets so far are kept in the table of streams until the fragment comes that ends the question. In order only;
 * what comes otherwise is counted as a fragment, as all later ones are.
 *
 * Of the entry are used: cursor[0].at, where the next fragment must begin; cursor[0].have, octets of the message that are
 * kept; low, the ports; island, octets of the whole message. It counts as idle, so that it gives way before a stream. */
#ifndef FRAGMENT_BPF_H
#define FRAGMENT_BPF_H

#include "ebpf/observe.bpf.h"

/* Keeps `have` octets of the message in the scratch, for the fragment that begins `next` octets into the datagram. */
static __always_inline void fragment_keep(struct dns_following *following, struct dns_scratch *scratch, __u32 have, __u32 next)
{
	struct dns_flow *flow = &following->flow;
	__u64 *head;
	following->segment.cursor = 0;
	head = flow_head(following);
	if (head)
		observe_copy_head(head, scratch->event.message, have);
	flow->cursor[0].at = flow->high = next;
	flow->cursor[0].have = have;
	flow->state = DNS_FLOW_LOST;
	flow->behind = DNS_BEHIND_NOTHING;
	flow->first = 0;
}

/* A first fragment whose message could not be parsed for want of octets. */
static __always_inline void fragment_begin(struct dns_stats *stats, struct dns_scratch *scratch, const __u32 how, __u32 ifindex,
					   __u32 have)
{
	const struct dns_frame *frame = &scratch->frame;
	struct dns_following *following = &scratch->following;
	if (flow_take(stats, following, flow_fragment_tag(scratch, ifindex, !!(how & HOOK_EGRESS)), bpf_ktime_get_ns(), 1) !=
	    FLOW_TAKEN)
		return;
	following->flow.low = frame->source_port << 16 | frame->destination_port;
	following->flow.island = frame->length;
	fragment_keep(following, scratch, have, DNS_UDP_LENGTH + have);
	flow_put_back(stats, following);
}

/* A later fragment: takes the datagram's head, if this is what goes on where it ends, and says what is to be loaded behind
 * it. 0: it is not. */
static __always_inline __u32 fragment_prepare(struct dns_stats *stats, struct dns_scratch *scratch, const __u32 how, __u32 ifindex,
					      __u32 packet_length)
{
	const struct dns_frame *frame = &scratch->frame;
	struct dns_following *following = &scratch->following;
	__u32 available = packet_length > frame->payload ? packet_length - frame->payload : 0;
	const __u64 *head;
	if (available > frame->length)
		available = frame->length;
	if (!available || flow_take(stats, following, flow_fragment_tag(scratch, ifindex, !!(how & HOOK_EGRESS)),
				    bpf_ktime_get_ns(), 0) != FLOW_TAKEN)
		return 0;
	following->segment.cursor = 0;
	head = flow_head(following);
	if (!head || following->flow.cursor[0].at != frame->fragment_at) {
		flow_put_back(stats, following);
		return 0;
	}
	observe_copy_head(scratch->event.message, head, following->flow.cursor[0].have);
	following->present = frame->payload + available;
	scratch->observed.ifindex = ifindex;
	scratch->load.from = frame->payload;
	scratch->load.behind = DNS_TCP_PREFIX + following->flow.cursor[0].have;
	scratch->load.wanted = available;
	return 1;
}

/* The head with the fragment behind it. Returns what the fragment counts as; DNS_OK: the message is in the scratch, and the
 * frame is as if the datagram were whole. */
static __always_inline __u32 fragment_join(struct dns_stats *stats, struct dns_scratch *scratch)
{
	struct dns_frame *frame = &scratch->frame;
	struct dns_observed *at = &scratch->observed;
	struct dns_flow *flow = &scratch->following.flow;
	const __u32 length = flow->island, have = flow->cursor[0].have;
	__u32 reason = DNS_LOAD_FAILED, gathered = have + scratch->load.got;

	if (scratch->load.got)
		reason = observe_parse_message(DNS_LANE_WIRE, gathered < DNS_PREFIX_LOAD ? gathered : (__u32)DNS_PREFIX_LOAD, length);
	DNS_RELOAD();
	if (dns_is_short(reason, gathered, length) && frame->more_fragments) {
		fragment_keep(&scratch->following, scratch, gathered, DNS_UDP_LENGTH + gathered);
		reason = DNS_FRAGMENT;
	} else {
		flow->cursor[0].at = ~0U; /* no fragment begins there */
		at->length = length;
		at->present = scratch->following.present;
		at->end = frame->payload - have + length;
		at->records = frame->payload - have + dns_question_end(&scratch->message);
		frame->source_port = flow->low >> 16;
		frame->destination_port = flow->low & 0xffff;
		frame->protocol = DNS_PROTO_UDP;
		frame->transport = DNS_UDP;
	}
	flow_put_back(stats, &scratch->following);
	return reason;
}

#endif
