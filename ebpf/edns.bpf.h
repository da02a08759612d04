/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The walk to a message's OPT record, window by window from the packet. */
#ifndef EDNS_BPF_H
#define EDNS_BPF_H

#include "ebpf/match.bpf.h"

static __always_inline __u32 edns_step(void *ctx, const __u32 how, struct dns_scratch *scratch)
{
	const __u32 wanted = dns_edns_window(&scratch->edns);
	const __u32 available = load_bytes(ctx, how, scratch->edns.at, scratch->window, wanted, DNS_EDNS_WINDOW);
	return available == wanted ? dns_edns_step(scratch->window, available, &scratch->edns) : (__u32)DNS_EDNS_CUT;
}

/* Whether the message in the scratch has an OPT record that is worth a walk: of what sockets see, the extended RCODE
 * alone, and whether a response is a referral. */
static __always_inline __u32 edns_is_due(const __u32 how, struct dns_scratch *scratch)
{
	scratch->edns.dnssec_ok = 0;
	scratch->edns.extended_rcode = 0;
	scratch->edns.name_servers = 0;
	if (how & HOOK_SOCKET && dns_kind(&scratch->message) == DNS_QUERY)
		return 0;
	if (how & HOOK_SOCKET && dns_may_refer(&scratch->message))
		return 1;
	return dns_edns_is_due(&scratch->message);
}

static __always_inline void edns_begin(struct dns_scratch *scratch)
{
	const struct dns_message *message = &scratch->message;
	const struct dns_observed *at = &scratch->observed;
	dns_edns_begin(&scratch->edns, at->records, at->end, at->present, message->answer_count + message->authority_count,
		       message->additional_count);
}

#endif
