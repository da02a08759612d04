/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The hooks of sockets, at the root of cgroup version 2, which covers every network namespace. Those of addresses tell
 * whose a socket is; those of packets see each message that it sends and receives. Counts of sockets are kept apart from
 * those of interfaces. Verdicts are passive: 1 lets everything pass.
 *
 * Packets are seen after address translation when they leave, and after it is undone when they arrive, so a client's
 * query and response are matched by the socket's cookie, not by the server's address. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/asked.bpf.h"
#include "ebpf/lane.bpf.h"
#include "ebpf/owner.bpf.h"
#include "ebpf/parts.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { OWNER_PASS = 1, OWNER_PROTO_UDP = 17 };

/* ---- whose a socket is ---- */

static __always_inline int owner_named(struct bpf_sock_addr *ctx, const __u32 core)
{
	struct bpf_sock *sk = ctx->sk;
	struct dns_owner *owner;
	if (!sk || (!dns_port_listed(&settings, bpf_ntohs(ctx->user_port)) && !dns_port_listed(&settings, sk->src_port)))
		return OWNER_PASS;
	owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (owner)
		owner_set(owner, core);
	return OWNER_PASS;
}

static __always_inline int owner_bound(struct bpf_sock *sk, const __u32 core)
{
	struct dns_owner *owner;
	if (!dns_port_listed(&settings, sk->src_port))
		return OWNER_PASS;
	owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (owner)
		owner_set(owner, core);
	return OWNER_PASS;
}

#define DNS_OWNER_HOOKS(suffix, core)                                                                                  \
	SEC("cgroup/connect4") int dns_connect4##suffix(struct bpf_sock_addr *ctx) { return owner_named(ctx, core); }  \
	SEC("cgroup/connect6") int dns_connect6##suffix(struct bpf_sock_addr *ctx) { return owner_named(ctx, core); }  \
	SEC("cgroup/sendmsg4") int dns_sendmsg4##suffix(struct bpf_sock_addr *ctx) { return owner_named(ctx, core); }  \
	SEC("cgroup/sendmsg6") int dns_sendmsg6##suffix(struct bpf_sock_addr *ctx) { return owner_named(ctx, core); }  \
	SEC("cgroup/post_bind4") int dns_bind4##suffix(struct bpf_sock *sk) { return owner_bound(sk, core); }          \
	SEC("cgroup/post_bind6") int dns_bind6##suffix(struct bpf_sock *sk) { return owner_bound(sk, core); }

DNS_OWNER_HOOKS(, 1)     /* the process's name, by the kernel's BTF */
DNS_OWNER_HOOKS(_ol, 0)  /* the thread's, where there is none */

/* ---- what it sends and receives ---- */

/* Fills in who has the socket, and returns the slot of his workload. */
static __always_inline __u32 owner_asker(struct __sk_buff *skb, __u32 role, struct dns_asker *asker)
{
	struct bpf_sock *sk = skb->sk;
	struct dns_owner *owner = sk ? bpf_sk_storage_get(&owners, sk, 0, 0) : 0;
	struct dns_workload_key key = {};
	if (owner) {
		asker->pid = owner->task.pid;
		asker->tid = owner->task.tid;
		asker->uid = owner->task.uid;
		asker->known = 1;
		asker->workload = owner_slot(owner, role);
		return asker->workload;
	}
	/* Opened before all, and not found then: the cgroup is known. */
	key.cgroup = bpf_skb_cgroup_id(skb);
	key.role = role;
	asker->workload = workload_claim(&key);
	return asker->workload;
}

static __always_inline void owner_query(struct __sk_buff *skb, struct dns_stats *stats, struct dns_scratch *scratch)
{
	const struct dns_observed *at = &scratch->observed;
	struct pending_slot slot = {};
	struct dns_pending_record record = {
		.tag = at->tag,
		.question = scratch->message.question,
		.facts = { .role = at->role, .transport = scratch->frame.transport },
	};
	__u32 result;

	record.facts.server = owner_asker(skb, at->role, &record.asker);
	asked_put(asked_key(scratch->message.id, record.question, at->role), scratch->event.client_port, at->now, &record.asker);
	result = pending_lock_insert(&socket_pending, DNS_SOCKET_PENDING_SETS - 1, &record, at->now, &scratch->choice, &slot);
	if (result == PENDING_CONTENDED) {
		stats->pending_contended++;
		workload_ended(record.facts.server, DNS_OUTCOME_UNTRACKED);
	}
	if (result != PENDING_INSERTED)
		return;
	slot.set->record[slot.way & (DNS_PENDING_WAYS - 1)] = record;
	pending_lock_publish(&slot, &record, at->now);
	stats->sockets_tracked++;
	if (slot.has_evicted) {
		stats->sockets_ended++;
		workload_ended(slot.facts.server, slot.evicted);
	}
}

static __always_inline void owner_response(struct __sk_buff *skb, struct dns_stats *stats, struct dns_scratch *scratch)
{
	const struct dns_observed *at = &scratch->observed;
	struct pending_slot slot = {};
	struct dns_asker asker = {};
	__u32 result, workload = 0;

	if (at->role == DNS_ROLE_SERVER) { /* the process that answers, which may be another than the one that listens */
		workload = owner_asker(skb, DNS_ROLE_SERVER, &asker);
		asked_put(asked_key(scratch->message.id, scratch->message.question, DNS_ROLE_SERVER), scratch->event.client_port,
			  at->now, &asker);
	}
	result = pending_lock_complete(&socket_pending, DNS_SOCKET_PENDING_SETS - 1, at->tag, scratch->message.question, at->now,
				       &scratch->choice, &slot);
	if (!pending_is_match(result))
		return;
	stats->sockets_ended++;
	if (at->role != DNS_ROLE_SERVER)
		workload = slot.facts.server;
	if (result == PENDING_MATCHED)
		workload_answered(workload, at->outcome, slot.age_ns);
	else
		workload_ended(workload, DNS_OUTCOME_TIMEOUT);
}

/* The message in the scratch, its OPT record included, is counted. */
static __always_inline int owner_message(struct __sk_buff *skb, const __u32 how, __u32 lane)
{
	struct dns_stats *stats = store_stats(lane);
	struct dns_scratch *scratch = observe_scratch(lane);
	const struct dns_address nobody = {};
	struct dns_address place = {};
	struct dns_observed *at;
	__u32 kind, is_server;
	if (!stats || !scratch)
		return 0;
	at = &scratch->observed;
	kind = dns_kind(&scratch->message);
	stats->opcodes[kind][dns_opcode(&scratch->message)]++;
	if (dns_opcode(&scratch->message) != DNS_OPCODE_QUERY || dns_is_multicast(&scratch->destination))
		return 0;
	observe_endpoints(scratch);
	at->role = observe_role(how, kind);
	at->outcome = dns_rcode(&scratch->message) | (scratch->edns.extended_rcode & 0xff) << 4;
	at->now = bpf_ktime_get_ns();
	place.high = bpf_get_socket_cookie(skb);
	is_server = at->role == DNS_ROLE_SERVER; /* of many clients, so theirs is the other end */
	at->tag = dns_transaction_tag(is_server ? &scratch->event.client : &nobody, &place,
				      is_server ? scratch->event.client_port : 0, 0, scratch->message.id, at->role,
				      scratch->frame.transport, &hash_keys);
	if (kind == DNS_QUERY)
		owner_query(skb, stats, scratch);
	else
		owner_response(skb, stats, scratch);
	return 0;
}

/* The frame of a packet that leaves a socket which meant a listed port, where address translation has put in another: with
 * that one listed. */
__noinline __u32 owner_frame_meant(struct __sk_buff *skb, __u32 lane)
{
	const struct dns_packet packet = load_packet(skb->data, skb->data_end);
	struct dns_scratch *scratch = observe_scratch(lane);
	__u32 reason;
	if (!scratch)
		return DNS_FRAME_OTHER;
	scratch->meant.port_filter = ~0ULL;
	scratch->meant.port_count = 0;
	dns_frame_parse(packet, skb->len, DNS_LINK_IP, &scratch->meant, &scratch->frame); /* for the port alone */
	scratch->meant.ports[0] = scratch->frame.destination_port;
	scratch->meant.port_count = 1;
	reason = dns_frame_parse(packet, skb->len, DNS_LINK_IP, &scratch->meant, &scratch->frame);
	if (reason == DNS_OK && !dns_frame_addresses(packet, &scratch->frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

/* Whether the socket meant a listed port, though the packet has none: one that is connected says so itself, of another it
 * is remembered. */
static __always_inline __u32 owner_meant(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk ? bpf_sk_fullsock(skb->sk) : 0;
	__u32 port;
	if (!sk)
		return 0;
	port = *(volatile __u32 *)&sk->dst_port & 0xffff; /* 32 bits wide before Linux 5.18 */
	if (port)
		return dns_port_listed(&settings, bpf_ntohs(port));
	return sk->protocol == OWNER_PROTO_UDP && bpf_sk_storage_get(&owners, sk, 0, 0);
}

/* Reads the frame into the scratch; headers are in the linear part here. */
__noinline __u32 owner_frame(struct __sk_buff *skb, __u32 lane)
{
	const struct dns_packet packet = load_packet(skb->data, skb->data_end);
	struct dns_scratch *scratch = observe_scratch(lane);
	__u32 reason;
	if (!scratch)
		return DNS_FRAME_OTHER;
	reason = dns_frame_parse(packet, skb->len, DNS_LINK_IP, &settings, &scratch->frame);
	if ((reason == DNS_OK || reason == DNS_FRAME_SYN) &&
	    !dns_frame_addresses(packet, &scratch->frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

enum owner_next { OWNER_DONE, OWNER_MESSAGE, OWNER_STREAM };

/* How the payload of a packet whose frame was read is to be looked at. */
static __always_inline __u32 owner_payload(struct __sk_buff *skb, const __u32 how, __u32 lane, __u32 reason)
{
	const __u64 cookie = bpf_get_socket_cookie(skb);
	const __u32 place = cookie ^ cookie >> 32;
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (!scratch || !stats)
		return OWNER_DONE;
	if (reason == DNS_FRAME_SYN)
		stream_forget(stats, scratch, how, place);
	if (reason == DNS_OK && scratch->frame.transport == DNS_TCP) {
		if (stream_open(stats, scratch, how, place, skb->len))
			return OWNER_STREAM;
		reason = scratch->following.segment.result;
	} else if (reason == DNS_OK) {
		if (skb->gso_size)
			observe_segmented(stats, &scratch->frame, skb->gso_segs, skb->gso_size);
		reason = observe_datagram(skb, how, lane, scratch, skb->len);
	}
	DNS_RELOAD();
	store_packet(stats, scratch->frame.protocol, reason, 1);
	return reason == DNS_OK ? OWNER_MESSAGE : OWNER_DONE;
}

#define DNS_SOCKET_HOOK(section, name, how)                                                                            \
	DNS_PARTS(struct __sk_buff, name, how, owner_message)                                                          \
	__noinline __u32 name##_payload(struct __sk_buff *skb, __u32 lane, __u32 reason)                               \
	{                                                                                                              \
		return owner_payload(skb, how, lane, reason);                                                          \
	}                                                                                                              \
	static __always_inline void name##_look(struct __sk_buff *skb, __u32 lane, __u32 meant)                        \
	{                                                                                                              \
		const __u32 reason = meant ? owner_frame_meant(skb, lane) : owner_frame(skb, lane);                    \
		__u32 next = reason == DNS_FRAME_OTHER ? (__u32)OWNER_DONE : name##_payload(skb, lane, reason);        \
		if (next == OWNER_STREAM) {                                                                            \
			name##_stream(skb, lane);                                                                      \
		} else if (next == OWNER_MESSAGE) {                                                                    \
			name##_edns(skb, lane);                                                                        \
			name##_message(skb, lane);                                                                     \
		}                                                                                                      \
	}                                                                                                              \
	SEC(section) int name(struct __sk_buff *skb)                                                                   \
	{                                                                                                              \
		const struct dns_packet packet = { (void *)(long)skb->data, (void *)(long)skb->data_end };             \
		__u32 lane, meant = 0;                                                                                 \
		if (dns_frame_irrelevant(packet, DNS_LINK_IP, &settings)) {                                            \
			meant = (how) & HOOK_EGRESS && owner_meant(skb);                                               \
			if (!meant)                                                                                    \
				return OWNER_PASS;                                                                     \
		}                                                                                                      \
		lane = lane_take();                                                                                    \
		if (!lane)                                                                                             \
			return OWNER_PASS;                                                                             \
		name##_look(skb, lane, meant);                                                                                \
		lane_give_back(lane);                                                                                  \
		return OWNER_PASS;                                                                                     \
	}

DNS_SOCKET_HOOK("cgroup_skb/ingress", dns_socket_in, HOOK_SOCKET | HOOK_LOCK)
DNS_SOCKET_HOOK("cgroup_skb/egress", dns_socket_out, HOOK_SOCKET | HOOK_LOCK | HOOK_EGRESS)
