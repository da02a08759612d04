/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Who asks more often than the limit: decided here, so that it holds when records are lost. The user side reads the table
 * once a second. Full: in its set, the client that has asked least gives way, and none that is over the limit; both are
 * counted. */
#ifndef CLIENTS_BPF_H
#define CLIENTS_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/dns_client.h"
#include "ebpf/store.bpf.h"

struct dns_client_set clients[DNS_CLIENT_SETS] __weak = {};

/* A function of its own for the verifier. Nothing but numbers comes in, so it needs no look at the scratch. */
__weak __noinline __u32 clients_count(__u64 high, __u64 low, __u64 now, __u32 role)
{
	const struct dns_address address = { .high = high, .low = low };
	const __u64 tag = dns_client_tag(&address, &hash_keys);
	struct dns_client_set *set = &clients[tag >> DNS_CLIENT_SET_SHIFT & (DNS_CLIENT_SETS - 1)];
	const __u32 result = dns_client_count(set, &address, dns_client_first(dns_second_of(now), role), tag,
					      settings.rate_limit_qps);
	struct dns_stats *counts = result == DNS_CLIENT_COUNTED ? 0 : store_stats(DNS_LANE_WIRE);
	if (!counts)
		return 0;
	if (result == DNS_CLIENT_EVICTED)
		counts->clients_evicted++;
	else
		counts->clients_no_room++;
	return 0;
}

/* A query of an interface. */
static __always_inline void clients_see(const struct dns_address *client, __u64 now, __u32 role)
{
	if (settings.rate_limit_qps)
		clients_count(client->high, client->low, now, role);
}

#endif
