/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Slots of servers, of types outside the registry and of RCODEs without a name: found without a lock, claimed once under
 * one. A claimed slot is never taken back, so a reader can't see it change. */
#ifndef CLAIM_BPF_H
#define CLAIM_BPF_H

#include "ebpf/config.bpf.h"
#include "ebpf/maps.bpf.h"

const volatile __u32 max_servers __weak = 32; /* slots of servers of their own */

struct dns_server_entry servers[DNS_SERVER_TABLE] __weak = {};
struct dns_own_entry own_addresses[DNS_OWN_TABLE] __weak = {};
__u32 servers_used __weak = 0;               /* slots 1..servers_used are taken */
__u32 servers_of_others __weak = 0;           /* of those, the ones that no query of this host's own claimed */
__u32 extra_types[DNS_EXTRA_TYPES] __weak = {}; /* type + 1; 0: free */
__u32 extra_rcodes[DNS_EXTRA_RCODES] __weak = {}; /* RCODE + 1; 0: free */

static __always_inline __u32 claim_same(const struct dns_address *a, const struct dns_address *b)
{
	return a->low == b->low && a->high == b->high;
}

static __always_inline __u32 claim_find_server(const struct dns_address *address, __u32 hash)
{
	__u32 i;
	for (i = 0; i < DNS_PROBES; i++) {
		const struct dns_server_entry *entry = &servers[(hash + i) & (DNS_SERVER_TABLE - 1)];
		if (claim_same(&entry->address, address) && entry->slot)
			return entry->slot;
	}
	return DNS_SERVER_OTHER;
}

static __always_inline __u32 claim_is_own(const struct dns_address *address, __u32 hash)
{
	__u32 i;
	for (i = 0; i < DNS_PROBES; i++) {
		const struct dns_own_entry *entry = &own_addresses[(hash + i) & (DNS_OWN_TABLE - 1)];
		if (claim_same(&entry->address, address) && entry->used)
			return 1;
	}
	return 0;
}

/* Under the lock: another CPU may have claimed it since, else the first free place of the probe sequence is taken. */
static __always_inline __u32 claim_new_server(const struct dns_address *address, __u32 hash, __u32 others)
{
	const __u32 zero = 0;
	__u32 i, slot = DNS_SERVER_OTHER;
	struct dns_claims *claim = bpf_map_lookup_elem(&claims, &zero);
	if (!claim)
		return DNS_SERVER_OTHER;
	bpf_spin_lock(&claim->lock);
	for (i = 0; i < DNS_PROBES; i++) {
		struct dns_server_entry *entry = &servers[(hash + i) & (DNS_SERVER_TABLE - 1)];
		if (entry->slot) {
			if (!claim_same(&entry->address, address))
				continue;
			slot = entry->slot;
			break;
		}
		if (servers_used < max_servers && !(others && servers_of_others >= max_servers / 2)) {
			slot = ++servers_used;
			servers_of_others += others;
			entry->address = *address;
			*(volatile __u32 *)&entry->slot = slot;
		}
		break;
	}
	bpf_spin_unlock(&claim->lock);
	return slot;
}

/* The slot of the server that a query goes to. A new one is claimed for a query that leaves through an interface, or that
 * is for one of this host's own addresses. Those that this host did not send itself (forwarded ones, and those that
 * arrive) get at most half of the slots, so that strangers leave the host's own servers theirs. */
static __always_inline __u32 claim_server_of_query(const struct dns_address *server, const struct dns_address *client,
						   __u32 role)
{
	const __u32 hash = dns_address_hash(server, &hash_keys);
	__u32 others, slot = claim_find_server(server, hash);
	if (slot || servers_used >= max_servers)
		return slot;
	if (role == DNS_ROLE_SERVER && !claim_is_own(server, hash))
		return DNS_SERVER_OTHER;
	others = role != DNS_ROLE_CLIENT || !claim_is_own(client, dns_address_hash(client, &hash_keys));
	if (others && servers_of_others >= max_servers / 2)
		return DNS_SERVER_OTHER;
	return claim_new_server(server, hash, others);
}

static __always_inline __u32 claim_server_of_response(const struct dns_address *server)
{
	return claim_find_server(server, dns_address_hash(server, &hash_keys));
}

/* The index of a number in a table of `count` entries that fill in order, number + 1 each; `count` where it has none. A
 * new one is claimed only where `make` says so. */
static __always_inline __u32 claim_number(__u32 *table, const __u32 count, __u32 number, __u32 make)
{
	const __u32 zero = 0;
	__u32 i, index = count;
	struct dns_claims *claim;
	for (i = 0; i < count; i++)
		if (table[i] == number + 1)
			return i;
	if (!make || table[count - 1]) /* all are taken */
		return count;
	claim = bpf_map_lookup_elem(&claims, &zero);
	if (!claim)
		return count;
	bpf_spin_lock(&claim->lock);
	for (i = 0; i < count; i++) {
		if (table[i] && table[i] != number + 1)
			continue;
		table[i] = number + 1;
		index = i;
		break;
	}
	bpf_spin_unlock(&claim->lock);
	return index;
}

/* The slot of a query's type. A message without a question has none: type `other`. */
static __always_inline __u32 claim_type(const struct dns_message *message)
{
	const __u32 slot = dns_type_slot(message->type);
	__u32 index;
	if (slot || !message->name_length)
		return slot;
	index = claim_number(extra_types, DNS_EXTRA_TYPES, message->type, 1);
	return index < DNS_EXTRA_TYPES ? DNS_TYPE_SLOT_EXTRA + index : (__u32)DNS_TYPE_OTHER;
}

/* An RCODE as a traffic key has it. Responses that nobody asked for claim nothing. */
static __always_inline __u32 claim_outcome(__u32 rcode, __u32 matched)
{
	if (rcode < DNS_RCODES_NAMED || claim_number(extra_rcodes, DNS_EXTRA_RCODES, rcode, matched) < DNS_EXTRA_RCODES)
		return rcode;
	return DNS_OUTCOME_OTHER;
}

#endif
