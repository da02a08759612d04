/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Messages in a TCP stream (RFC 1035, 4.2.2; RFC 7766), without reassembly: of each direction of a connection is kept
 * where the next message begins, and of a message whose question is not all there yet its first octets (the head).
 *
 * Payload that comes in order is followed message by message. Behind a hole, payload that begins with a message (an
 * island) is followed by a second cursor, and the first one waits for what fills the hole; where it arrives at the island
 * the two become one. Payload behind a hole that does not begin with a message is not read; if the first cursor lands in
 * it, the stream is out of step until a segment begins with a message. Nothing is allocated when a connection opens: a
 * flow begins with its first payload, which must begin with a message.
 *
 * How to use it: dns_stream_open; while dns_stream_advance, gather the octets of the head (flow->cursor[segment->cursor]
 * has `have` of them), parse, dns_stream_take; dns_stream_close. Sequence numbers are compared modulo 2^32 (RFC 9293,
 * 3.4). */
#ifndef DNS_STREAM_H
#define DNS_STREAM_H

#include "ebpf/dns_message.h"

enum {
	DNS_STREAM_HEAD = (int)DNS_TCP_PREFIX + (int)DNS_PREFIX_LOAD, /* most octets of a message that are gathered */
	DNS_STREAM_BACK = 0xffff /* a segment that precedes all others by more is an old one: the largest window unscaled */
};

/* One segment's payload while it is read. */
struct dns_segment {
	__u32 sequence, end; /* sequence numbers: [sequence, end) */
	__u32 from, stop;    /* the piece in hand */
	__u32 cursor;        /* the one in use: an index of dns_flow.cursor */
	__u32 refused;       /* the rest of the piece is not read */
	__u32 expected;      /* kind of messages in this direction; DNS_KINDS: either */
	__u32 result;        /* what the segment counts as: enum dns_reason */
	__u32 kept;          /* octets of it went into a head */
	__u32 lost;          /* messages that begin in payload that was not read, as far as they are known of */
};

DNS_INLINE __u32 dns_before(__u32 a, __u32 b)
{
	return (__s32)(a - b) < 0;
}

DNS_INLINE struct dns_flow_cursor *dns_stream_cursor(struct dns_flow *flow, __u32 index)
{
	return &flow->cursor[index & 1];
}

/* The octets at `sequence` are taken for a message's beginning. */
DNS_INLINE void dns_stream_restart(struct dns_flow *flow, __u32 sequence)
{
	flow->cursor[0].at = sequence;
	flow->cursor[0].have = 0;
	flow->first = 0;
	flow->behind = DNS_BEHIND_NOTHING;
	flow->state = DNS_FLOW_TENTATIVE;
}

/* The island becomes the stream. */
DNS_INLINE void dns_stream_adopt(struct dns_flow *flow)
{
	flow->first ^= 1;
	flow->state = flow->behind & DNS_BEHIND_READ ? DNS_FLOW_SYNCED : DNS_FLOW_TENTATIVE;
	flow->behind = DNS_BEHIND_NOTHING;
}

DNS_INLINE __u32 dns_stream_has_island(const struct dns_flow *flow)
{
	return flow->behind & (DNS_BEHIND_TENTATIVE | DNS_BEHIND_READ);
}

/* The first cursor can't go on. */
DNS_INLINE void dns_stream_lose(struct dns_flow *flow)
{
	if (dns_stream_has_island(flow)) {
		dns_stream_adopt(flow);
	} else {
		flow->state = DNS_FLOW_LOST;
		flow->behind = DNS_BEHIND_NOTHING;
	}
}

/* Payload from `sequence` on lies behind a hole and is not read. */
DNS_INLINE void dns_stream_skip(struct dns_flow *flow, __u32 sequence)
{
	if (!(flow->behind & DNS_BEHIND_UNREAD) || dns_before(sequence, flow->unread))
		flow->unread = sequence;
	flow->behind |= DNS_BEHIND_UNREAD;
}

/* The first cursor has come to the island. Where no message of its own ends there, what was read behind is none. */
DNS_INLINE void dns_stream_join(struct dns_flow *flow, struct dns_segment *segment)
{
	const struct dns_flow_cursor *first = dns_stream_cursor(flow, flow->first);
	if (flow->state == DNS_FLOW_TENTATIVE || (first->at == flow->island && !first->have)) {
		segment->lost += first->have != 0;
		dns_stream_adopt(flow);
		return;
	}
	flow->behind = DNS_BEHIND_NOTHING;
	if (first->have || dns_before(first->at, flow->high)) {
		segment->lost++;
		flow->state = DNS_FLOW_LOST;
	}
}

/* After the first cursor has moved: has the hole been closed, or can it not be closed any more? */
DNS_INLINE void dns_stream_settle(struct dns_flow *flow, struct dns_segment *segment)
{
	const struct dns_flow_cursor *first = dns_stream_cursor(flow, flow->first);
	const __u32 at = first->at;
	if (flow->behind & DNS_BEHIND_UNREAD && !dns_before(at, flow->unread)) {
		const __u32 beyond = dns_stream_has_island(flow) ? flow->island : flow->high;
		flow->behind &= ~DNS_BEHIND_UNREAD;
		if (dns_before(at, beyond) || first->have) {
			segment->lost++;
			dns_stream_lose(flow);
			return;
		}
	}
	if (dns_stream_has_island(flow) && !dns_before(at, flow->island))
		dns_stream_join(flow, segment);
}

/* A hole before `from`, in front of the cursor `index`. Returns 1 where the segment's rest is to be read. */
DNS_INLINE __u32 dns_stream_hole(struct dns_flow *flow, struct dns_segment *segment, __u32 index)
{
	if (index == flow->first && dns_stream_has_island(flow)) { /* in the midst of the hole that is there */
		dns_stream_skip(flow, segment->from);
		if (segment->result == DNS_TCP_CONTINUATION)
			segment->result = DNS_TCP_OUT_OF_ORDER;
		segment->refused = 1;
		return 1;
	}
	if (index != flow->first) { /* a second hole: the first one is given up */
		segment->lost++;
		dns_stream_adopt(flow);
	}
	if (flow->state != DNS_FLOW_SYNCED) {
		segment->lost += dns_stream_cursor(flow, flow->first)->have != 0;
		dns_stream_restart(flow, segment->from);
	} else {
		flow->island = segment->from;
		flow->behind |= DNS_BEHIND_TENTATIVE;
		dns_stream_cursor(flow, flow->first ^ 1)->at = segment->from;
		dns_stream_cursor(flow, flow->first ^ 1)->have = 0;
	}
	segment->cursor = dns_stream_has_island(flow) ? flow->first ^ 1 : flow->first;
	segment->stop = segment->end;
	return 1;
}

/* Chooses the cursor for what lies at segment->from, and where it must stop. Returns 0 where nothing is left to read. */
DNS_INLINE __u32 dns_stream_turn(struct dns_flow *flow, struct dns_segment *segment)
{
	const __u32 island = dns_stream_has_island(flow) != 0;
	__u32 index = flow->first, stop = segment->end;
	segment->refused = 0;
	if (island && !dns_before(segment->from, flow->island))
		index ^= 1;
	else if (island && dns_before(flow->island, stop))
		stop = flow->island;
	segment->cursor = index;
	segment->stop = stop;
	if (dns_before(dns_stream_cursor(flow, index)->at, segment->from))
		return dns_stream_hole(flow, segment, index);
	return 1;
}

/* A segment that precedes all that is known: the stream's first ones came out of order. */
DNS_INLINE __u32 dns_stream_is_earlier(const struct dns_flow *flow, const struct dns_segment *segment)
{
	return dns_before(segment->sequence, flow->low) && flow->low - segment->sequence <= DNS_STREAM_BACK;
}

/* It is read, and what has been read so far becomes the island behind it. */
DNS_INLINE void dns_stream_prepend(struct dns_flow *flow, __u32 sequence)
{
	flow->island = flow->low;
	flow->first ^= 1;
	flow->behind = DNS_BEHIND_READ;
	flow->low = sequence;
	dns_stream_cursor(flow, flow->first)->at = sequence;
	dns_stream_cursor(flow, flow->first)->have = 0;
	flow->state = DNS_FLOW_TENTATIVE;
}

/* Out of step, a stream begins anew with the next segment that holds nothing that may have been counted. Returns 0 where
 * this one does. */
DNS_INLINE __u32 dns_stream_again(struct dns_flow *flow, struct dns_segment *segment)
{
	if (dns_before(segment->sequence, flow->high)) {
		segment->result = DNS_TCP_NO_MESSAGE_START;
		flow->high = segment->end;
		return 0;
	}
	dns_stream_restart(flow, segment->sequence);
	return 1;
}

/* Begins with a segment whose payload is [sequence, end). Returns 0 where it is done with: segment->result says as what. */
DNS_INLINE __u32 dns_stream_open(struct dns_flow *flow, struct dns_segment *segment)
{
	const __u32 sequence = segment->sequence, earlier = dns_stream_is_earlier(flow, segment);
	segment->result = DNS_TCP_CONTINUATION;
	segment->lost = segment->kept = 0;
	segment->from = sequence;
	if (flow->state == DNS_FLOW_NEW) {
		flow->low = flow->high = sequence;
		dns_stream_restart(flow, sequence);
		return dns_stream_turn(flow, segment);
	}
	if (earlier && flow->state == DNS_FLOW_SYNCED && !flow->behind) {
		dns_stream_prepend(flow, sequence);
		return dns_stream_turn(flow, segment);
	}
	if (earlier) { /* too little is known of what comes behind to put this before it */
		segment->result = DNS_TCP_OUT_OF_ORDER;
		flow->low = sequence;
	}
	if (!dns_before(flow->high, segment->end) && (flow->state == DNS_FLOW_LOST || !flow->behind)) {
		if (!earlier)
			segment->result = DNS_TCP_RETRANSMISSION;
		return 0;
	}
	if (flow->state == DNS_FLOW_LOST && !dns_stream_again(flow, segment))
		return 0;
	return dns_stream_turn(flow, segment);
}

/* Whether there is something to read at the cursor in use; turns to the next piece where there is not. */
DNS_INLINE __u32 dns_stream_advance(struct dns_flow *flow, struct dns_segment *segment)
{
	__u32 i;
	for (i = 0; i < 3; i++) { /* a segment can lie before, across and behind a hole */
		const struct dns_flow_cursor *cursor = dns_stream_cursor(flow, segment->cursor);
		if (!segment->refused && dns_before(cursor->at, segment->stop))
			return 1;
		dns_stream_settle(flow, segment);
		if (segment->stop == segment->end || flow->state == DNS_FLOW_LOST)
			return 0;
		segment->from = segment->stop;
		if (!dns_stream_turn(flow, segment))
			return 0;
	}
	return 0;
}

/* Octets that are to be gathered next: 1 to DNS_STREAM_HEAD, from cursor->at on. */
DNS_INLINE __u32 dns_stream_wanted(const struct dns_flow *flow, const struct dns_segment *segment)
{
	const struct dns_flow_cursor *cursor = &flow->cursor[segment->cursor & 1];
	const __u32 room = DNS_STREAM_HEAD - cursor->have, rest = segment->stop - cursor->at;
	return rest < room ? rest : room;
}

/* What does not begin with a message, or can't be followed on from here, is not read. */
DNS_INLINE void dns_stream_refuse(struct dns_flow *flow, struct dns_segment *segment)
{
	segment->refused = 1;
	if (segment->cursor == flow->first) {
		if (segment->result == DNS_TCP_CONTINUATION)
			segment->result = DNS_TCP_NO_MESSAGE_START;
		dns_stream_lose(flow);
		return;
	}
	if (segment->result == DNS_TCP_CONTINUATION)
		segment->result = DNS_TCP_OUT_OF_ORDER;
	if (flow->behind & DNS_BEHIND_READ) { /* what has been counted of it must not be read again from before the hole */
		segment->lost++;
		flow->behind = DNS_BEHIND_NOTHING;
		flow->state = DNS_FLOW_LOST;
		return;
	}
	flow->behind &= ~DNS_BEHIND_TENTATIVE;
	dns_stream_skip(flow, flow->island);
}

DNS_INLINE __u32 dns_stream_is_tentative(const struct dns_flow *flow, const struct dns_segment *segment)
{
	return segment->cursor == flow->first ? flow->state == DNS_FLOW_TENTATIVE : flow->behind & DNS_BEHIND_TENTATIVE;
}

DNS_INLINE void dns_stream_confirm(struct dns_flow *flow, const struct dns_segment *segment)
{
	if (segment->cursor == flow->first)
		flow->state = DNS_FLOW_SYNCED;
	else
		flow->behind = (flow->behind & ~DNS_BEHIND_TENTATIVE) | DNS_BEHIND_READ;
}

/* Whether more octets are needed to tell what `reason` (of dns_message_parse) can't. `gathered` octets are there. */
DNS_INLINE __u32 dns_stream_incomplete(__u32 reason, __u32 prefix, __u32 gathered)
{
	if (gathered < DNS_TCP_PREFIX)
		return 1;
	if (prefix < DNS_HEADER_LENGTH)
		return 0;
	return gathered < DNS_TCP_PREFIX + DNS_HEADER_LENGTH ||
	       (reason == DNS_TRUNCATED_QUESTION && gathered < DNS_STREAM_HEAD && gathered - DNS_TCP_PREFIX < prefix);
}

/* The head stays incomplete at the end of this piece: it is kept. */
DNS_INLINE void dns_stream_keep(struct dns_flow *flow, struct dns_segment *segment, __u32 gathered)
{
	struct dns_flow_cursor *cursor = dns_stream_cursor(flow, segment->cursor);
	cursor->at += gathered - cursor->have;
	cursor->have = gathered;
	segment->kept = 1;
}

/* The message at the cursor has been parsed to `reason`. Moves on behind it; returns what it counts as, or
 * DNS_TCP_CONTINUATION where it is none. */
DNS_INLINE __u32 dns_stream_take(struct dns_flow *flow, struct dns_segment *segment, __u32 reason, __u32 prefix,
				 const struct dns_message *message)
{
	struct dns_flow_cursor *cursor = dns_stream_cursor(flow, segment->cursor);
	if (prefix < DNS_HEADER_LENGTH)
		reason = DNS_SHORT_HEADER;
	if (dns_stream_is_tentative(flow, segment)) {
		if (reason != DNS_OK || !dns_plausible_start(prefix, message, segment->expected)) {
			dns_stream_refuse(flow, segment);
			return DNS_TCP_CONTINUATION;
		}
		dns_stream_confirm(flow, segment);
	}
	cursor->at += DNS_TCP_PREFIX + prefix - cursor->have;
	cursor->have = 0;
	if (reason == DNS_OK || segment->result == DNS_TCP_CONTINUATION)
		segment->result = reason;
	if (reason == DNS_SHORT_HEADER)
		dns_stream_refuse(flow, segment); /* such a length is no DNS: nor are the ones behind it to be trusted */
	return reason;
}

/* The segment has been read. */
DNS_INLINE void dns_stream_close(struct dns_flow *flow, struct dns_segment *segment)
{
	if (segment->result == DNS_TCP_CONTINUATION && !segment->kept && !dns_before(flow->high, segment->end))
		segment->result = DNS_TCP_RETRANSMISSION;
	if (dns_before(flow->high, segment->end))
		flow->high = segment->end;
}

/* Whether a message is lost with a flow that is dropped. Where the connection has `ended`, nobody sends the rest of a head;
 * what was in a hole is lost all the same. */
DNS_INLINE __u32 dns_stream_drop(const struct dns_flow *flow, __u32 ended)
{
	return flow->state != DNS_FLOW_NEW && flow->state != DNS_FLOW_LOST &&
	       (flow->behind || (!ended && flow->cursor[flow->first & 1].have));
}

#endif
