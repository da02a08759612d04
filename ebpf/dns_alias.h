/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The walk over a message's answer section to the targets of its CNAME records (RFC 1035, 3.3.1), each put together
 * without compression (4.1.4), so that it can be hashed as a question's name is. One step looks at a window of a few
 * octets, which the caller has loaded to where a label of a target belongs: nothing is copied. The caller bounds the
 * steps:
 *
 *	dns_alias_begin(walk, ...)
 *	at most DNS_ALIAS_STEPS times:
 *		loads dns_alias_window(walk) octets from walk->at to dns_alias_place(walk)
 *		dns_alias_step(walk, octets)
 *		DNS_ALIAS_NAME: takes walk->name and walk->used, then dns_alias_next(walk); DNS_ALIAS_DONE: ends
 */
#ifndef DNS_ALIAS_H
#define DNS_ALIAS_H

#include "ebpf/dns_abi.h"
#include "ebpf/dns_cursor.h"
#include "ebpf/dns_edns.h" /* DNS_RECORD_FIXED */
#include "ebpf/dns_message.h"

enum {
	DNS_ALIAS_WINDOW = 64,  /* a length octet and the longest label (RFC 1035, 2.3.4) */
	DNS_ALIAS_RECORDS = 16, /* of the answer section: the longest chain, and some addresses among it */
	DNS_ALIAS_NAMES = 11,   /* links that unbound and BIND follow by default (max-query-restarts of either) */
	DNS_ALIAS_STEPS = 128,  /* 11 targets of seven labels and two pointers take 121 */
	DNS_ALIAS_ROOM = 320,   /* a window at octet 255, in whole words of the hash */
	DNS_TYPE_CNAME = 5
};

enum dns_alias_result {
	DNS_ALIAS_MORE, /* the walk goes on */
	DNS_ALIAS_NAME, /* a target is complete */
	DNS_ALIAS_DONE  /* no more targets: the section has ended, or what lies ahead can't be read */
};

/* A walk. Offsets are the caller's own, and below 2^31 but for `message`. */
struct dns_alias {
	__u8 name[DNS_ALIAS_ROOM] __attribute__((aligned(8))); /* the target, uncompressed; a window may lie behind it */
	__u32 used;         /* octets of the target so far: at most DNS_NAME_MAX */
	__u32 at;           /* where the next window begins */
	__u32 message;      /* the message's first octet; behind `at` where that is not in the packet */
	__u32 end, present; /* of the message, and of what is there of it: not behind `end` */
	__u32 records;      /* still to come, this one included until its owner's name has been passed */
	__u32 names;        /* targets so far */
	__u32 owner_used;   /* octets of this record's owner's name so far */
	__u32 next;         /* in a target: where the record behind it begins; 0: not in one */
	__u32 low;          /* in a target: its lowest octet so far */
	__u32 limit;        /* in a target: where its labels must have ended */
};

/* `at` is the first octet behind the question. Where the message's beginning is not in the packet (of TCP, in the segment),
 * `message` must be behind `at`, as it is when it has wrapped around 0: no compression pointer is followed then. */
DNS_INLINE void dns_alias_begin(struct dns_alias *walk, __u32 message, __u32 at, __u32 end, __u32 present, __u32 answer_count)
{
	walk->used = 0;
	walk->at = at;
	walk->message = message;
	walk->end = end;
	walk->present = present;
	walk->records = answer_count < DNS_ALIAS_RECORDS ? answer_count : (__u32)DNS_ALIAS_RECORDS;
	walk->names = 0;
	walk->owner_used = 0;
	walk->next = walk->low = walk->limit = 0;
}

/* Octets of the window that can be loaded at walk->at, at most DNS_ALIAS_WINDOW; 0: none. */
DNS_INLINE __u32 dns_alias_window(const struct dns_alias *walk)
{
	if (walk->at >= walk->present)
		return 0;
	return walk->present - walk->at < DNS_ALIAS_WINDOW ? walk->present - walk->at : (__u32)DNS_ALIAS_WINDOW;
}

/* Where the window belongs: DNS_ALIAS_WINDOW octets can be written there. */
DNS_INLINE __u8 *dns_alias_place(struct dns_alias *walk)
{
	__u32 used = walk->used;
	DNS_BOUND(used, DNS_NAME_MAX);
	return walk->name + used;
}

/* The fields behind an owner's name, of which the last `skip` octets are in the window. */
DNS_INLINE __u32 dns_alias_record(struct dns_alias *walk, __u32 available, __u32 skip)
{
	const __u8 *fields = walk->name + skip;
	const __u32 data = walk->at + skip + DNS_RECORD_FIXED;
	__u32 behind;
	if (available < skip + DNS_RECORD_FIXED)
		return DNS_ALIAS_DONE;
	behind = data + dns_be16(fields + 8);
	if (behind > walk->end)
		return DNS_ALIAS_DONE;
	walk->records--;
	walk->owner_used = 0;
	if (dns_be16(fields) != DNS_TYPE_CNAME) {
		walk->at = behind;
		return DNS_ALIAS_MORE;
	}
	walk->at = walk->low = data;
	walk->next = walk->limit = behind;
	return DNS_ALIAS_MORE;
}

/* Over a label of an owner's name, or its end. A pointer there is not followed. */
DNS_INLINE __u32 dns_alias_owner(struct dns_alias *walk, __u32 available)
{
	const __u32 length = walk->name[0];
	if (length >= 192)
		return dns_alias_record(walk, available, 2);
	if (length == 0)
		return dns_alias_record(walk, available, 1);
	walk->owner_used += 1 + length;
	if (length >= 64 || walk->owner_used >= DNS_NAME_MAX)
		return DNS_ALIAS_DONE;
	walk->at += 1 + length;
	return DNS_ALIAS_MORE;
}

/* Goes where a pointer says: to a prior occurrence (RFC 1035, 4.1.4), so before all of this target that was read. Since
 * that gets lower with each pointer, there are no loops. */
DNS_INLINE __u32 dns_alias_pointer(struct dns_alias *walk, const __u8 *window, __u32 available)
{
	__u32 offset;
	if (available < 2 || walk->at + 2 > walk->limit)
		return DNS_ALIAS_DONE;
	offset = dns_be16(window) & 0x3fff;
	if (offset < DNS_HEADER_LENGTH || walk->message > walk->low || walk->message + offset >= walk->low)
		return DNS_ALIAS_DONE;
	walk->at = walk->low = walk->message + offset;
	walk->limit = walk->end;
	return DNS_ALIAS_MORE;
}

/* Over a label of a target, whose octets are in their place. */
DNS_INLINE __u32 dns_alias_label(struct dns_alias *walk, __u32 available)
{
	const __u8 *window = dns_alias_place(walk);
	const __u32 length = window[0], used = walk->used + 1 + length;
	if (length >= 192)
		return dns_alias_pointer(walk, window, available);
	if (length >= 64 || used > DNS_NAME_MAX)
		return DNS_ALIAS_DONE;
	if (1 + length > available || walk->at + 1 + length > walk->limit)
		return DNS_ALIAS_DONE;
	walk->used = used;
	walk->at += 1 + length;
	if (length)
		return DNS_ALIAS_MORE;
	walk->names++;
	return DNS_ALIAS_NAME;
}

/* One step: over a record's fields, a label or a pointer. The first `available` octets of dns_alias_place (as many as
 * dns_alias_window said) are the packet's. enum dns_alias_result; with DNS_ALIAS_NAME the target is the first walk->used
 * octets of walk->name, of which DNS_NAME_WORDS words can be read, and dns_alias_next goes on. */
DNS_INLINE __u32 dns_alias_step(struct dns_alias *walk, __u32 available)
{
	if (!available)
		return DNS_ALIAS_DONE;
	if (walk->next)
		return dns_alias_label(walk, available);
	return walk->records ? dns_alias_owner(walk, available) : (__u32)DNS_ALIAS_DONE;
}

/* Goes on behind the record whose target has been taken; what RDLENGTH counts behind that is passed over. */
DNS_INLINE void dns_alias_next(struct dns_alias *walk)
{
	walk->used = 0;
	walk->at = walk->next;
	walk->next = 0;
	if (walk->names == DNS_ALIAS_NAMES)
		walk->records = 0;
}

DNS_STATIC_ASSERT((__u32)DNS_NAME_MAX + DNS_ALIAS_WINDOW <= DNS_ALIAS_ROOM, "a window fits behind the longest name");
DNS_STATIC_ASSERT(DNS_NAME_WORDS * 8 <= DNS_ALIAS_ROOM, "the hash reads whole words");
DNS_STATIC_ASSERT(sizeof(struct dns_alias) % 8 == 0, "it lies in a map's value");

#endif
