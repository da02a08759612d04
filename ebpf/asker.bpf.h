/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Whose a message on an interface is: what the socket's programs left word of, or what a kprobe saw being sent between
 * these addresses. */
#ifndef ASKER_BPF_H
#define ASKER_BPF_H

#include "ebpf/sender.bpf.h"
#include "ebpf/sockets.bpf.h"

/* Fills in who sent the message in the scratch; leaves it as it is where that is not known. */
static __always_inline void asker_find(const struct dns_scratch *scratch, struct dns_asker *asker)
{
	const struct dns_event *event = &scratch->event;
	const struct dns_observed *at = &scratch->observed;
	const __u32 role = at->role == DNS_ROLE_SERVER ? DNS_ROLE_SERVER : DNS_ROLE_CLIENT;
	if (workload_backend == DNS_BACKEND_CGROUP)
		sockets_find(scratch->message.id, scratch->message.question, role, at->now, asker);
	else if (workload_backend == DNS_BACKEND_KPROBE)
		sender_find(event, role, asker);
}

/* A transaction of an interface has ended. Where programs of sockets count, they did so themselves. */
static __always_inline void asker_ended(const struct dns_asker *asker, __u32 outcome)
{
	if (workload_backend == DNS_BACKEND_KPROBE && asker->known)
		workload_ended(asker->workload, outcome);
}

static __always_inline void asker_answered(const struct dns_asker *asker, __u32 outcome, __u64 latency_ns)
{
	if (workload_backend == DNS_BACKEND_KPROBE && asker->known)
		workload_answered(asker->workload, outcome, latency_ns, 0);
}

#endif
