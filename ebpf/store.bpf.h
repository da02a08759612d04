/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Counting: the only file that touches the counter maps and the ring. Every loss is counted here. For programs that
 * run with softirqs off (TC, XDP): per-CPU counters are plain adds. */
#ifndef STORE_BPF_H
#define STORE_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/maps.bpf.h"

struct dns_interface_entry interfaces[DNS_INTERFACE_TABLE] __weak = {};

static __always_inline struct dns_stats *store_stats(__u32 lane)
{
	return bpf_map_lookup_elem(&stats, &lane);
}

static __always_inline void store_packet(struct dns_stats *s, __u32 protocol, __u32 reason, __u64 n)
{
	if (protocol < DNS_PROTOCOLS && reason < DNS_REASONS)
		s->packets[protocol][reason] += n;
}

/* The slot of an interface, 0 where it has none. */
static __always_inline __u32 store_interface_slot(__u32 ifindex)
{
	__u32 i, slot = 0;
	for (i = 0; i < DNS_PROBES; i++) {
		const struct dns_interface_entry *entry = &interfaces[(ifindex + i) & (DNS_INTERFACE_TABLE - 1)];
		if (entry->ifindex == ifindex) {
			slot = entry->slot;
			break;
		}
	}
	return slot;
}

static __always_inline void store_message(struct dns_stats *s, __u32 ifindex, __u32 direction, __u32 ip, __u32 transport,
					  __u32 length, const struct dns_message *message, const struct dns_edns *edns)
{
	const __u32 kind = dns_kind(message), slot = store_interface_slot(ifindex);
	struct dns_interface_stats *counts = bpf_map_lookup_elem(&interface_stats, &slot);
	__u32 flag_set = dns_flag_set(message->flags, kind == DNS_QUERY && edns->dnssec_ok & 1);
	DNS_BOUND(flag_set, DNS_FLAG_SETS - 1);
	if (counts)
		counts->messages[direction & 1][kind][transport & 1][ip & 1]++;
	else
		s->map_failures++;
	s->opcodes[kind][dns_opcode(message)]++;
	s->flag_sets[kind][flag_set]++;
	s->sizes[kind][transport & 1][dns_size_bucket(length)]++;
	s->size_sums[kind][transport & 1] += length;
}

/* What a walk to the OPT record found. Payload sizes are those of queries: what they offer. */
static __always_inline void store_edns(struct dns_stats *s, __u32 kind, __u32 result, const struct dns_edns *edns)
{
	__u32 i;
	if (result < DNS_EDNS_RESULTS)
		s->edns_walks[result]++;
	if (kind == DNS_QUERY && edns->options_end) {
		s->edns_sizes[dns_edns_bucket(edns->payload_size & 0xffff)]++;
		s->edns_size_sum += edns->payload_size & 0xffff;
	}
	for (i = 0; kind == DNS_RESPONSE && i < DNS_EDNS_ERRORS; i++)
		if (i < edns->error_count)
			s->info_codes[dns_info_code_slot(edns->errors[i]) & (DNS_INFO_CODES - 1)]++;
}

/* Adds to one traffic entry; makes it where it is new; counts under the coarse key where the map is full. */
static __always_inline void store_traffic(struct dns_stats *s, struct dns_traffic_key key, __u64 responses, __u64 queries,
					  __u64 undelivered)
{
	struct dns_traffic *entry = bpf_map_lookup_elem(&traffic, &key);
	if (!entry) {
		const struct dns_traffic zero = {};
		bpf_map_update_elem(&traffic, &key, &zero, BPF_NOEXIST); /* another CPU may have been first */
		entry = bpf_map_lookup_elem(&traffic, &key);
	}
	if (!entry) { /* claimed RCODEs have no coarse key of their own */
		if (key.outcome >= DNS_RCODES_NAMED && key.outcome < DNS_OUTCOME_OTHER)
			key.outcome = DNS_OUTCOME_OTHER;
		key.server = DNS_SERVER_OTHER;
		key.type = DNS_TYPE_OTHER;
		s->traffic_map_full++;
		entry = bpf_map_lookup_elem(&traffic, &key);
	}
	if (!entry) {
		s->map_failures++;
		return;
	}
	entry->responses += responses;
	entry->queries += queries;
	entry->undelivered += undelivered;
}

static __always_inline void store_latency(struct dns_stats *s, __u32 server, __u32 role, __u32 type, __u64 ns)
{
	const __u32 index = dns_latency_index(server, role, dns_latency_type(type));
	struct dns_latency *entry = bpf_map_lookup_elem(&latency, &index);
	if (!entry) {
		s->map_failures++;
		return;
	}
	entry->sum_ns += ns;
	entry->buckets[dns_latency_bucket(settings.latency_edges_ns, ns) & (DNS_LATENCY_BUCKETS - 1)]++;
}

static __always_inline struct dns_server_stats *store_server(struct dns_stats *s, __u32 server, __u32 role)
{
	const __u32 index = server * DNS_ROLES + role;
	struct dns_server_stats *entry = bpf_map_lookup_elem(&server_stats, &index);
	if (!entry)
		s->map_failures++;
	return entry;
}

/* Sends the used octets of an event; no wake-up, the reader comes on a timer. Returns 1 where the ring was full. */
static __always_inline __u32 store_event(struct dns_stats *s, struct dns_event *event)
{
	__u64 length = event->message_length;
	DNS_OPAQUE(length);
	if (length > DNS_MESSAGE_PREFIX)
		length = DNS_MESSAGE_PREFIX;
	DNS_OPAQUE(length);
	if (bpf_ringbuf_output(&events, event, DNS_EVENT_FIXED + length, BPF_RB_NO_WAKEUP)) {
		s->events_ring_full++;
		return 1;
	}
	s->events_submitted++;
	return 0;
}

#endif
