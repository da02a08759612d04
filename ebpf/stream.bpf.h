/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Following a TCP stream through the segment in hand (dns_stream.h). */
#ifndef STREAM_BPF_H
#define STREAM_BPF_H

#include "ebpf/observe.bpf.h"

enum { /* messages of one segment: as many of the shortest as a packet of 64 KiB holds. What is beyond, is lost. */
	STREAM_BURST = 64,
	STREAM_BURSTS = 96
};

enum stream_step { STREAM_DONE, STREAM_SKIPPED, STREAM_MESSAGE };

/* Takes the segment's flow. 0: it is done with, as what the segment's result says. */
static __always_inline __u32 stream_open(struct dns_stats *stats, struct dns_scratch *scratch, const __u32 how, __u32 place,
					 __u32 packet_length)
{
	const struct dns_frame *frame = &scratch->frame;
	struct dns_following *following = &scratch->following;
	struct dns_segment *segment = &following->segment;
	const __u32 available = packet_length > frame->payload ? packet_length - frame->payload : 0;
	__u32 open;
	segment->result = available ? DNS_TCP_BUSY : DNS_TRUNCATED_PACKET;
	segment->lost = 0;
	if (!available)
		return 0;
	segment->sequence = frame->sequence;
	segment->end = frame->sequence + (available < frame->length ? available : frame->length);
	segment->expected = dns_expected_kind(&settings, frame);
	following->payload = frame->payload;
	following->present = frame->payload + (available < frame->length ? available : frame->length);
	if (flow_take(stats, following, flow_tag(scratch, place, how), bpf_ktime_get_ns(), 1) != FLOW_TAKEN)
		return 0;
	open = dns_stream_open(&following->flow, segment);
	if (!open)
		flow_put_back(stats, following);
	return open;
}

/* Moves on to what is to be read, puts there what is kept of its head, and says what is to be loaded behind it. 0: the
 * segment has been read. */
static __always_inline __u32 stream_prepare(struct dns_scratch *scratch)
{
	struct dns_following *following = &scratch->following;
	struct dns_segment *segment = &following->segment;
	const struct dns_flow_cursor *cursor;
	const __u64 *head;
	if (!dns_stream_advance(&following->flow, segment))
		return 0;
	DNS_RELOAD();
	cursor = dns_stream_cursor(&following->flow, segment->cursor);
	head = cursor->have ? flow_head(following) : 0;
	if (head)
		observe_copy_head(scratch->event.tcp_prefix, head, cursor->have);
	scratch->load.from = following->payload + (cursor->at - segment->sequence);
	scratch->load.behind = cursor->have;
	scratch->load.wanted = dns_stream_wanted(&following->flow, segment);
	return 1;
}

/* The head is not all there: it is kept for the segment that brings the rest. */
static __always_inline void stream_keep(struct dns_scratch *scratch, __u32 gathered)
{
	__u64 *head = flow_head(&scratch->following);
	if (head)
		observe_copy_head(head, scratch->event.tcp_prefix, gathered);
	dns_stream_keep(&scratch->following.flow, &scratch->following.segment, gathered);
}

/* A message has been taken: where it lies in the packet. `begin` is its prefix's sequence number; `kept` octets from there
 * came in segments before. */
static __always_inline void stream_place(struct dns_scratch *scratch, __u32 begin, __u32 kept, __u32 prefix)
{
	struct dns_following *following = &scratch->following;
	struct dns_observed *at = &scratch->observed;
	const __u32 message = following->payload + (begin - following->segment.sequence) + DNS_TCP_PREFIX;
	at->length = prefix;
	at->records = message + dns_question_end(&scratch->message);
	at->end = message + prefix;
	at->message = kept > DNS_TCP_PREFIX ? ~0U : message;
	at->present = at->end < following->present ? at->end : following->present;
}

/* One step along the segment, when what stream_prepare wanted has been loaded. STREAM_MESSAGE: one is in the scratch. */
static __always_inline __u32 stream_step(struct dns_stats *stats, struct dns_scratch *scratch, __u32 lane)
{
	struct dns_following *following = &scratch->following;
	struct dns_segment *segment = &following->segment;
	const struct dns_flow_cursor *cursor;
	const __u32 gathered = scratch->load.behind + scratch->load.got;
	__u32 prefix, begin, kept, reason = DNS_SHORT_HEADER;

	if (scratch->load.got != scratch->load.wanted) {
		if (segment->result == DNS_OK)
			segment->lost++;
		else
			segment->result = DNS_LOAD_FAILED;
		dns_stream_refuse(&following->flow, segment);
		return STREAM_SKIPPED;
	}
	prefix = dns_be16(scratch->event.tcp_prefix);
	if (gathered >= DNS_TCP_PREFIX + DNS_HEADER_LENGTH) {
		__u32 available = gathered - DNS_TCP_PREFIX;
		if (available > prefix)
			available = prefix;
		reason = observe_parse_message(lane, available, prefix);
	}
	DNS_RELOAD();
	if (dns_stream_incomplete(reason, prefix, gathered)) {
		stream_keep(scratch, gathered);
		return STREAM_SKIPPED;
	}
	cursor = dns_stream_cursor(&following->flow, segment->cursor);
	kept = cursor->have;
	begin = cursor->at - kept;
	reason = dns_stream_take(&following->flow, segment, reason, prefix, &scratch->message);
	if (reason != DNS_OK) {
		if (reason != DNS_TCP_CONTINUATION && reason < DNS_REASONS)
			stats->stream_errors[reason]++;
		return STREAM_SKIPPED;
	}
	stream_place(scratch, begin, kept, prefix);
	return STREAM_MESSAGE;
}

/* A SYN: a flow that is still known under these ports is over. */
static __always_inline void stream_forget(struct dns_stats *stats, struct dns_scratch *scratch, const __u32 how, __u32 place)
{
	struct dns_following *following = &scratch->following;
	if (flow_take(stats, following, flow_tag(scratch, place, how), bpf_ktime_get_ns(), 0) != FLOW_TAKEN)
		return;
	stats->stream_errors[DNS_TCP_LOST] += dns_stream_drop(&following->flow, 1);
	following->flow.state = DNS_FLOW_NEW;
	flow_put_back(stats, following);
}

/* The segment is done with, but for what more than the steps it holds. */
static __always_inline void stream_close(struct dns_stats *stats, struct dns_following *following, __u32 finished)
{
	struct dns_segment *segment = &following->segment;
	if (!finished) {
		segment->lost++;
		dns_stream_lose(&following->flow);
	}
	dns_stream_close(&following->flow, segment);
	stats->stream_errors[DNS_TCP_LOST] += segment->lost;
	flow_put_back(stats, following);
}

#endif
