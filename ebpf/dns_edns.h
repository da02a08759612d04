/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The walk over a message's records to its OPT record (RFC 6891) and through that one's options to Extended DNS Errors
 * (RFC 8914). One step looks at a window of a few octets and says where the next one lies, so that it can be fed from a
 * packet that is not linear; the caller bounds the steps. */
#ifndef DNS_EDNS_H
#define DNS_EDNS_H

#include "ebpf/dns_abi.h"
#include "ebpf/dns_cursor.h"
#include "ebpf/dns_message.h"

enum {
	DNS_EDNS_WINDOW = 12,  /* a compression pointer, and a record's fields up to its data (RFC 1035, 4.1.3) */
	DNS_EDNS_STEPS = 96,   /* a referral of 13 servers with both addresses of each, signed, takes some 45 */
	DNS_EDNS_ERRORS = 4,   /* of one message; more are not counted */
	DNS_RECORD_FIXED = 10, /* TYPE, CLASS, TTL, RDLENGTH */
	DNS_TYPE_NS = 2,
	DNS_TYPE_OPT = 41,
	DNS_OPTION_FIXED = 4,  /* OPTION-CODE, OPTION-LENGTH (RFC 6891, 6.1.2) */
	DNS_OPTION_ERROR = 15, /* Extended DNS Error */
	DNS_EDNS_MORE = DNS_EDNS_RESULTS /* of a step: the walk goes on */
};

/* A walk. `at` and `end` are offsets of the caller's own; where the window begins, and where the message ends. `present`
 * is where it ends in the packet: not behind `end`. */
struct dns_edns {
	__u32 at, end, present;
	__u32 records;     /* still to come, this one included */
	__u32 additional;  /* of those, the last ones that are of the additional section */
	__u32 name_used;   /* octets of this record's name so far */
	__u32 options_end; /* 0: not in an OPT record yet */
	__u32 payload_size, extended_rcode, version, dnssec_ok;
	__u32 name_servers; /* 1: an NS record lies before the additional section */
	__u32 error_count;
	__u32 errors[DNS_EDNS_ERRORS]; /* info codes */
};

/* Whether a message is worth the walk: every query with an additional section; of responses those that failed or are
 * empty, for only they carry what is counted here: extended RCODEs and Extended DNS Errors. */
DNS_INLINE __u32 dns_edns_is_due(const struct dns_message *message)
{
	if (!message->additional_count || message->question_count > 1)
		return 0;
	return dns_kind(message) == DNS_QUERY || dns_rcode(message) || !message->answer_count;
}

/* Whether a response may be a referral (RFC 9499, 5): whether it is one, the walk tells by its name servers. */
DNS_INLINE __u32 dns_may_refer(const struct dns_message *message)
{
	return dns_kind(message) == DNS_RESPONSE && !dns_rcode(message) && !message->answer_count && message->authority_count &&
	       !(message->flags & DNS_FLAG_BIT_AA) && message->question_count == 1;
}

DNS_INLINE void dns_edns_begin(struct dns_edns *walk, __u32 at, __u32 end, __u32 present, __u32 before, __u32 additional)
{
	walk->at = at;
	walk->end = end;
	walk->present = present;
	walk->records = before + additional;
	walk->additional = additional;
	walk->name_used = 0;
	walk->options_end = 0;
	walk->payload_size = walk->extended_rcode = walk->version = walk->dnssec_ok = 0;
	walk->name_servers = 0;
	walk->error_count = 0;
}

/* Octets of the window that can be loaded at walk->at; 0: none. */
DNS_INLINE __u32 dns_edns_window(const struct dns_edns *walk)
{
	if (walk->at >= walk->present)
		return 0;
	return walk->present - walk->at < DNS_EDNS_WINDOW ? walk->present - walk->at : (__u32)DNS_EDNS_WINDOW;
}

/* What it means that the window ends before what is needed. */
DNS_INLINE __u32 dns_edns_short(const struct dns_edns *walk, __u32 needed)
{
	return walk->at + needed > walk->end ? DNS_EDNS_MALFORMED : DNS_EDNS_CUT;
}

DNS_INLINE __u32 dns_edns_option(const __u8 *window, __u32 available, struct dns_edns *walk)
{
	__u32 code, length;
	if (walk->at == walk->options_end)
		return DNS_EDNS_FOUND;
	if (walk->at + DNS_OPTION_FIXED > walk->options_end)
		return DNS_EDNS_MALFORMED;
	if (available < DNS_OPTION_FIXED)
		return DNS_EDNS_CUT;
	code = dns_be16(window);
	length = dns_be16(window + 2);
	if (walk->at + DNS_OPTION_FIXED + length > walk->options_end)
		return DNS_EDNS_MALFORMED;
	if (code == DNS_OPTION_ERROR && length >= 2) {
		const __u32 index = walk->error_count;
		if (available < DNS_OPTION_FIXED + 2)
			return DNS_EDNS_CUT;
		if (index < DNS_EDNS_ERRORS) {
			walk->errors[index & (DNS_EDNS_ERRORS - 1)] = dns_be16(window + 4);
			walk->error_count = index + 1;
		}
	}
	walk->at += DNS_OPTION_FIXED + length;
	return DNS_EDNS_MORE;
}

/* A record's fields behind its name, of which `skip` octets are in the window. */
DNS_INLINE __u32 dns_edns_record(const __u8 *window, __u32 available, __u32 skip, struct dns_edns *walk)
{
	const __u8 *fields = window + skip;
	const __u32 data = walk->at + skip + DNS_RECORD_FIXED;
	__u32 length;
	if (available < skip + DNS_RECORD_FIXED)
		return dns_edns_short(walk, skip + DNS_RECORD_FIXED);
	length = dns_be16(fields + 8);
	if (data + length > walk->end)
		return DNS_EDNS_MALFORMED;
	if (dns_be16(fields) == DNS_TYPE_OPT && skip == 1 && !walk->name_used && walk->records <= walk->additional) {
		walk->payload_size = dns_be16(fields + 2);
		walk->extended_rcode = fields[4];
		walk->version = fields[5];
		walk->dnssec_ok = fields[6] >> 7;
		walk->options_end = data + length;
	} else {
		if (dns_be16(fields) == DNS_TYPE_NS && walk->records > walk->additional)
			walk->name_servers = 1;
		walk->records--;
		walk->name_used = 0;
	}
	walk->at = data + (walk->options_end ? 0 : length);
	return DNS_EDNS_MORE;
}

/* One step: over a label, a record or an option. `window` has DNS_EDNS_WINDOW octets, of which the first `available`
 * (dns_edns_window) are the packet's. DNS_EDNS_MORE, or the walk's result. */
DNS_INLINE __u32 dns_edns_step(const __u8 *window, __u32 available, struct dns_edns *walk)
{
	__u32 length;
	if (walk->options_end)
		return dns_edns_option(window, available, walk);
	if (!walk->records)
		return DNS_EDNS_ABSENT;
	if (!available)
		return dns_edns_short(walk, 1);
	length = window[0];
	if (length >= 192)
		return dns_edns_record(window, available, 2, walk);
	if (length == 0)
		return dns_edns_record(window, available, 1, walk);
	walk->name_used += 1 + length;
	if (length >= 64 || walk->name_used >= DNS_NAME_MAX)
		return DNS_EDNS_MALFORMED;
	walk->at += 1 + length;
	return DNS_EDNS_MORE;
}

#endif
