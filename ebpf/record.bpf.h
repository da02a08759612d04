/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Records of sockets: of what chains of resolutions are put together, and searches told. They are detail: nothing is counted
 * by them that must be exact. Of the urgent ones (what a resolver asks and does not know, slow and failed answers, searches)
 * 16 a millisecond are sent, of all others one, which is filled up to a burst of some thousands. */
#ifndef RECORD_BPF_H
#define RECORD_BPF_H

#include "ebpf/sockets.bpf.h"
#include "ebpf/store.bpf.h"

enum {
	RECORD_PLAIN = 1,       /* records in a unit of the budget's time */
	RECORD_URGENT = 16,
	RECORD_PLAIN_BURST = 4096,
	RECORD_URGENT_BURST = 16384,
	RECORD_SLOW_NS = 100000000
};

/* Takes one from the budget; 0: there is none left. */
static __always_inline __u32 record_allow(struct dns_stats *stats, __u32 urgent, __u64 now)
{
	const __u32 zero = 0;
	struct dns_budget *left = bpf_map_lookup_elem(&budget, &zero);
	if (!left)
		return 0;
	if (urgent ? budget_take(&left->urgent, now, RECORD_URGENT, RECORD_URGENT_BURST)
		   : budget_take(&left->plain, now, RECORD_PLAIN, RECORD_PLAIN_BURST))
		return 1;
	stats->records_limited++;
	return 0;
}

/* What the record says, but for whose it is; `found`: enum dns_found. Latency and outcome are the caller's to fill in. */
static __always_inline void record_fill_in(struct dns_scratch *scratch, const struct sockets_message *message, __u32 kind,
					   __u32 found)
{
	struct dns_event *event = &scratch->event;
	event->asker.pid = message->pid;
	event->asker.tid = message->tid;
	event->asker.uid = message->uid;
	event->asker.workload = message->workload;
	event->asker.known = !!message->pid;
	event->group = message->group;
	event->role = message->role;
	event->kind = kind;
	event->found = found;
	event->lane = DNS_EVENT_SOCKET;
	event->query_size = event->response_size = 0;
	event->server_slot = DNS_SERVER_OTHER;
	event->transport = scratch->frame.transport;
	event->ip = scratch->frame.ip;
	event->type = dns_type_slot(scratch->message.type);
	event->swept = 0;
}

/* Sends the record, with as much of the message as is in the scratch of a response, and the question of a query. */
static __always_inline void record_send(struct dns_stats *stats, struct dns_scratch *scratch)
{
	const struct dns_observed *at = &scratch->observed;
	const __u32 question = dns_question_end(&scratch->message);
	__u32 there = at->present - (at->records - question); /* from the message's first octet on */
	if (there > DNS_PREFIX_LOAD)
		there = DNS_PREFIX_LOAD;
	scratch->event.message_length = scratch->event.kind == DNS_QUERY || there < question ? question : there;
	store_event(stats, &scratch->event);
}

#endif
