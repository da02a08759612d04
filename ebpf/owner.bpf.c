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

#include "ebpf/lane.bpf.h"
#include "ebpf/owner.bpf.h"
#include "ebpf/parts.bpf.h"
#include "ebpf/sockets.bpf.h"
#include "ebpf/tell.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { OWNER_PASS = 1, OWNER_PROTO_UDP = 17 };

/* ---- whose a socket is ---- */

static __always_inline void owner_keep(struct bpf_sock *sk, const __u32 core)
{
	struct dns_owner *owner = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (owner)
		owner_set(owner, core);
}

static __always_inline int owner_named(struct bpf_sock_addr *ctx, const __u32 core)
{
	struct bpf_sock *sk = ctx->sk;
	if (sk && (dns_port_listed(&settings, bpf_ntohs(ctx->user_port)) || dns_port_listed(&settings, sk->src_port)))
		owner_keep(sk, core);
	return OWNER_PASS;
}

static __always_inline int owner_bound(struct bpf_sock *sk, const __u32 core)
{
	if (dns_port_listed(&settings, sk->src_port))
		owner_keep(sk, core);
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

/* Fills in who has the socket. */
static __always_inline void owner_who(struct __sk_buff *skb, struct sockets_message *message)
{
	struct bpf_sock *sk = skb->sk;
	struct dns_owner *owner = sk ? bpf_sk_storage_get(&owners, sk, 0, 0) : 0;
	struct dns_workload_key key = {};
	if (owner) {
		message->pid = owner->task.pid;
		message->tid = owner->task.tid;
		message->uid = owner->task.uid;
		message->group = owner->group;
		message->workload = owner_slot(owner, message->role);
		return;
	}
	/* Opened before all, and not found then: the cgroup is known. */
	key.cgroup = bpf_skb_cgroup_id(skb);
	key.role = message->role;
	message->group = cache_group(key.cgroup, 0);
	message->workload = workload_claim(&key);
	cache_remember(message->workload, message->group);
}

/* Returns an enum pending_result. */
static __always_inline __u32 owner_query(const __u32 how, struct dns_stats *stats, struct dns_scratch *scratch)
{
	const struct sockets_message *query = &scratch->socket;
	struct sockets_end *gave_way = &scratch->end;
	const __u32 result = sockets_insert(query, &scratch->choice, gave_way);
	if (!(how & HOOK_EGRESS))
		cache_mark(query->group);
	if (result == PENDING_CONTENDED) {
		stats->pending_contended++;
		workload_ended(query->workload, DNS_OUTCOME_UNTRACKED);
	}
	if (result != PENDING_INSERTED)
		return result;
	stats->sockets_tracked++;
	if (gave_way->ended) {
		stats->sockets_ended++;
		workload_ended(gave_way->workload, gave_way->outcome);
	}
	return result;
}

static __always_inline void owner_response(struct __sk_buff *skb, const __u32 how, __u32 lane, struct dns_stats *stats,
					   struct dns_scratch *scratch)
{
	struct sockets_message *response = &scratch->socket;
	struct sockets_end *end = &scratch->end;
	__u32 result;
	response->outcome = dns_rcode(&scratch->message) | (scratch->edns.extended_rcode & 0xff) << 4;
	if (how & HOOK_EGRESS) /* the process that answers, which may be another than the one that listens */
		owner_who(skb, response);
	result = sockets_complete(response, end);
	if (result == PENDING_UNMATCHED)
		return;
	stats->sockets_ended++;
	if (!(how & HOOK_EGRESS))
		response->workload = end->workload;
	if (result == PENDING_EXPIRED) {
		workload_ended(response->workload, DNS_OUTCOME_TIMEOUT);
		return;
	}
	workload_answered(response->workload, response->outcome, end->age_ns, how & HOOK_EGRESS);
	if (!(how & HOOK_EGRESS))
		tell_client(skb, lane);
	else if (scratch->message.flags & DNS_FLAG_BIT_RA && response->question)
		tell_resolved(skb, lane, scratch);
}

/* A transaction at its socket, but for its question. A client's server may be another than it meant, so that only the
 * socket tells; a server's socket has many clients. */
static __always_inline __u64 owner_tag(const struct dns_scratch *scratch, __u64 cookie, const __u32 how, __u32 role)
{
	const struct dns_address *client = how & HOOK_EGRESS ? &scratch->destination : &scratch->source;
	const __u32 port = how & HOOK_EGRESS ? scratch->frame.destination_port : scratch->frame.source_port;
	__u64 hash = dns_nh(cookie, hash_keys.tag[4], hash_keys.tag[5]);
	__u64 rest = (__u64)scratch->message.id << 16 | role << 8 | scratch->frame.transport;
	if (role == DNS_ROLE_SERVER) {
		rest |= (__u64)port << 48;
		hash += dns_nh(client->high, hash_keys.tag[0], hash_keys.tag[1]) +
			dns_nh(client->low, hash_keys.tag[2], hash_keys.tag[3]);
	}
	return dns_tag_of(hash + dns_nh(rest, hash_keys.tag[8], hash_keys.tag[9]));
}

/* The message in the scratch, its OPT record included, is counted. */
static __always_inline void owner_count(struct __sk_buff *skb, const __u32 how, __u32 lane, struct dns_stats *stats,
					struct dns_scratch *scratch)
{
	struct sockets_message *message = &scratch->socket;
	const __u32 kind = dns_kind(&scratch->message);
	stats->opcodes[kind][dns_opcode(&scratch->message)]++;
	if (dns_opcode(&scratch->message) != DNS_OPCODE_QUERY || dns_is_multicast(&scratch->destination))
		return;
	message->role = observe_role(how, kind);
	message->id = scratch->message.id;
	message->question = scratch->message.question;
	message->now = bpf_ktime_get_ns();
	message->tag = owner_tag(scratch, bpf_get_socket_cookie(skb), how, message->role);
	message->pid = message->tid = message->uid = message->group = 0;
	if (kind == DNS_QUERY) {
		owner_who(skb, message);
		if (owner_query(how, stats, scratch) == PENDING_INSERTED && how & HOOK_EGRESS)
			tell_asked(skb, lane);
	} else {
		owner_response(skb, how, lane, stats, scratch);
	}
}

static __always_inline int owner_message(struct __sk_buff *skb, const __u32 how, __u32 lane)
{
	struct dns_stats *stats = store_stats(lane);
	struct dns_scratch *scratch = observe_scratch(lane);
	if (stats && scratch)
		owner_count(skb, how, lane, stats, scratch);
	return 0;
}

/* Reads the frame into the scratch; headers are in the linear part here. */
static __always_inline __u32 owner_read_frame(struct __sk_buff *skb, const struct dns_settings *with, struct dns_scratch *scratch)
{
	const struct dns_packet packet = load_packet(skb->data, skb->data_end);
	const __u32 reason = dns_frame_parse(packet, skb->len, DNS_LINK_IP, with, &scratch->frame);
	if ((reason == DNS_OK || reason == DNS_FRAME_SYN) &&
	    !dns_frame_addresses(packet, &scratch->frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

__noinline __u32 owner_frame(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	return scratch ? owner_read_frame(skb, &settings, scratch) : (__u32)DNS_FRAME_OTHER;
}

/* The frame of a packet that leaves a socket which meant a listed port, where address translation has put in another: with
 * that one listed. */
__noinline __u32 owner_frame_meant(struct __sk_buff *skb, __u32 lane)
{
	struct dns_scratch *scratch = observe_scratch(lane);
	if (!scratch)
		return DNS_FRAME_OTHER;
	scratch->meant.port_filter = ~0ULL;
	scratch->meant.port_count = 0;
	owner_read_frame(skb, &scratch->meant, scratch); /* for the port alone */
	scratch->meant.ports[0] = scratch->frame.destination_port;
	scratch->meant.port_count = 1;
	return owner_read_frame(skb, &scratch->meant, scratch);
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

enum owner_next { OWNER_DONE, OWNER_MESSAGE, OWNER_STREAM, OWNER_NOT_PLAIN };

/* Nearly all packets: a datagram behind plain headers, all in one function. What is not so goes the long way. */
static __always_inline __u32 owner_plain(struct __sk_buff *skb, const __u32 how, __u32 lane)
{
	const struct dns_packet packet = load_packet(skb->data, skb->data_end);
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	__u32 reason;
	if (!scratch || !stats || skb->gso_size ||
	    dns_frame_plain(packet, &settings, &scratch->frame, &scratch->source, &scratch->destination) != DNS_OK)
		return OWNER_NOT_PLAIN;
	reason = observe_datagram(skb, how, lane, scratch, skb->len);
	DNS_RELOAD();
	store_packet(stats, DNS_PROTO_UDP, reason, 1);
	if (reason != DNS_OK)
		return OWNER_DONE;
	if (edns_is_due(how, scratch))
		return OWNER_MESSAGE;
	owner_count(skb, how, lane, stats, scratch);
	return OWNER_DONE;
}

/* How the payload of a packet whose frame was read is to be looked at. */
static __always_inline __u32 owner_payload(struct __sk_buff *skb, const __u32 how, __u32 lane, __u32 reason)
{
	__u64 cookie;
	__u32 place = 0;
	struct dns_scratch *scratch = observe_scratch(lane);
	struct dns_stats *stats = store_stats(lane);
	if (!scratch || !stats)
		return OWNER_DONE;
	if (scratch->frame.transport == DNS_TCP || reason == DNS_FRAME_SYN) { /* what tells its streams apart */
		cookie = bpf_get_socket_cookie(skb);
		place = cookie ^ cookie >> 32;
	}
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
	__noinline __u32 name##_plain(struct __sk_buff *skb, __u32 lane) { return owner_plain(skb, how, lane); }       \
	__noinline __u32 name##_payload(struct __sk_buff *skb, __u32 lane, __u32 reason)                               \
	{                                                                                                              \
		return owner_payload(skb, how, lane, reason);                                                          \
	}                                                                                                              \
	static __always_inline void name##_look(struct __sk_buff *skb, __u32 lane, __u32 meant)                        \
	{                                                                                                              \
		__u32 reason, next = meant ? (__u32)OWNER_NOT_PLAIN : name##_plain(skb, lane);                         \
		if (next == OWNER_NOT_PLAIN) {                                                                         \
			reason = meant ? owner_frame_meant(skb, lane) : owner_frame(skb, lane);                        \
			next = reason == DNS_FRAME_OTHER ? (__u32)OWNER_DONE : name##_payload(skb, lane, reason);      \
		}                                                                                                      \
		if (next == OWNER_STREAM)                                                                              \
			name##_stream(skb, lane);                                                                      \
		else if (next == OWNER_MESSAGE)                                                                        \
			name##_read(skb, lane);                                                                        \
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
		lane = lane_take(how);                                                                                 \
		if (!lane)                                                                                             \
			return OWNER_PASS;                                                                             \
		name##_look(skb, lane, meant);                                                                         \
		lane_give_back(how, lane);                                                                             \
		return OWNER_PASS;                                                                                     \
	}

DNS_SOCKET_HOOK("cgroup_skb/ingress", dns_socket_in, HOOK_SOCKET | HOOK_LOCK)
DNS_SOCKET_HOOK("cgroup_skb/egress", dns_socket_out, HOOK_SOCKET | HOOK_LOCK | HOOK_EGRESS)
