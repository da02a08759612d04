/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The packet hooks: XDP for packets that arrive, TC for both directions, each in a variant for current kernels and one
 * for those before 5.18 (_old). Verdicts are passive: XDP_PASS; TC_ACT_UNSPEC, which TCX calls TCX_NEXT, so that other
 * programs on the interface still run. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/dns_tunnel.h"
#include "ebpf/fragment.bpf.h"
#include "ebpf/parts.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { WATCH_PULL = DNS_EXTENSIONS_END + 60 }; /* octets: every header that is read, the longest TCP header included */

/* What a frame that was read still needs. */
static __always_inline __u32 watch_frame_read(struct dns_packet packet, struct dns_scratch *scratch, __u32 reason)
{
	if (reason == DNS_FRAME_ICMP)
		reason = dns_unreachable_parse(packet, &settings, &scratch->frame);
	if ((reason == DNS_OK || reason == DNS_FRAME_UNREACHABLE || reason == DNS_FRAME_SYN || reason == DNS_FRAGMENT) &&
	    !dns_frame_addresses(packet, &scratch->frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

/* Reads the frame into the scratch. */
static __always_inline __u32 watch_frame(struct dns_packet packet, __u32 length, const __u32 link)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	if (!scratch)
		return DNS_FRAME_OTHER;
	return watch_frame_read(packet, scratch, dns_frame_parse(packet, length, link, &settings, &scratch->frame));
}

/* Reads what is in a selected tunnel; the outer frame is in the scratch. */
static __always_inline __u32 watch_inner(struct dns_packet packet, __u32 length)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	__u32 start;
	if (!scratch || !dns_tunnel_open(packet, &settings, &scratch->frame))
		return DNS_FRAME_OTHER;
	start = dns_recall(&scratch->frame.start);
	return watch_frame_read(packet, scratch,
				dns_frame_parse_at(packet, length, scratch->frame.link, start, &settings, &scratch->frame));
}

static __always_inline __u32 watch_skb_frame(struct __sk_buff *skb, const __u32 link)
{
	return watch_frame(load_packet(skb->data, skb->data_end), skb->len, link);
}

/* Headers that don't lie in the linear part are pulled into it; that moves octets, it changes none. */
static __always_inline __u32 watch_skb_pulled(struct __sk_buff *skb, const __u32 link)
{
	bpf_skb_pull_data(skb, skb->len < WATCH_PULL ? skb->len : WATCH_PULL);
	return watch_skb_frame(skb, link);
}
__noinline __u32 watch_ethernet_pulled(struct __sk_buff *skb) { return watch_skb_pulled(skb, DNS_LINK_ETHERNET); }
__noinline __u32 watch_ip_pulled(struct __sk_buff *skb) { return watch_skb_pulled(skb, DNS_LINK_IP); }

static __always_inline __u32 watch_skb_is_linear(const struct __sk_buff *skb)
{
	const struct dns_packet packet = load_packet(skb->data, skb->data_end);
	return packet.end - packet.data >= skb->len;
}

__noinline __u32 watch_ethernet(struct __sk_buff *skb)
{
	const __u32 reason = watch_skb_frame(skb, DNS_LINK_ETHERNET);
	return reason == DNS_TRUNCATED_PACKET && !watch_skb_is_linear(skb) ? watch_ethernet_pulled(skb) : reason;
}

__noinline __u32 watch_ip(struct __sk_buff *skb)
{
	const __u32 reason = watch_skb_frame(skb, DNS_LINK_IP);
	return reason == DNS_TRUNCATED_PACKET && !watch_skb_is_linear(skb) ? watch_ip_pulled(skb) : reason;
}

__noinline __u32 watch_xdp_frame(struct xdp_md *xdp)
{
	const struct dns_packet packet = load_packet(xdp->data, xdp->data_end);
	return watch_frame(packet, packet.end - packet.data, DNS_LINK_ETHERNET);
}

__noinline __u32 watch_inner_skb(struct __sk_buff *skb)
{
	return watch_inner(load_packet(skb->data, skb->data_end), skb->len);
}

__noinline __u32 watch_inner_xdp(struct xdp_md *xdp)
{
	const struct dns_packet packet = load_packet(xdp->data, xdp->data_end);
	return watch_inner(packet, packet.end - packet.data);
}

/* A packet whose frame was read: how its payload is to be looked at. */
enum watch_next { WATCH_DONE, WATCH_MESSAGE, WATCH_STREAM, WATCH_FRAGMENT };

static __always_inline __u32 watch_payload(void *ctx, const __u32 how, __u32 reason, __u32 ifindex, __u32 packet_length,
					   struct dns_scratch *scratch)
{
	struct dns_stats *stats = store_stats(DNS_LANE_WIRE);
	if (!stats)
		return WATCH_DONE;
	scratch->observed.ifindex = ifindex;
	DNS_RELOAD();
	if (reason == DNS_OK && scratch->frame.transport == DNS_TCP) {
		if (stream_open(stats, scratch, how, ifindex, packet_length))
			return WATCH_STREAM;
		store_packet(stats, DNS_PROTO_TCP, scratch->following.segment.result, 1);
		return WATCH_DONE;
	}
	if (reason == DNS_FRAGMENT && scratch->frame.next == DNS_IPPROTO_UDP && scratch->frame.fragment_at <= DNS_FRAGMENT_HEAD)
		return WATCH_FRAGMENT;
	if (reason == DNS_OK) {
		reason = observe_datagram(ctx, how, DNS_LANE_WIRE, scratch, packet_length);
		DNS_RELOAD();
		if (scratch->frame.more_fragments) {
			const __u32 have = scratch->observed.present - scratch->frame.payload;
			if (dns_is_short(reason, have, scratch->frame.length)) {
				fragment_begin(stats, scratch, how, ifindex, have);
				reason = DNS_FRAGMENT;
			}
		}
	}
	store_packet(stats, scratch->frame.protocol, reason, 1);
	return reason == DNS_OK ? WATCH_MESSAGE : WATCH_DONE;
}

static __always_inline __u32 watch_skb(struct __sk_buff *skb, const __u32 how, __u32 reason)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	struct dns_stats *stats = store_stats(DNS_LANE_WIRE);
	if (!scratch || !stats)
		return WATCH_DONE;
	if (reason == DNS_OK && scratch->frame.transport == DNS_UDP && skb->gso_size)
		observe_segmented(stats, &scratch->frame, skb->gso_segs, skb->gso_size);
	return watch_payload(skb, how, reason, skb->ifindex, skb->len, scratch);
}

static __always_inline __u32 watch_xdp(struct xdp_md *xdp, const __u32 how, __u32 reason)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	const struct dns_packet packet = load_packet(xdp->data, xdp->data_end);
	const __u32 length = how & HOOK_LOCK ? (__u32)(packet.end - packet.data) : (__u32)bpf_xdp_get_buff_len(xdp);
	if (!scratch)
		return WATCH_DONE;
	return watch_payload(xdp, how, reason, xdp->ingress_ifindex, length, scratch);
}

static __always_inline __u32 watch_fragment_found(const __u32 how, __u32 ifindex, __u32 packet_length)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	struct dns_stats *stats = store_stats(DNS_LANE_WIRE);
	if (!scratch || !stats)
		return 0;
	if (fragment_prepare(stats, scratch, how, ifindex, packet_length))
		return 1;
	store_packet(stats, DNS_PROTO_UNKNOWN, DNS_FRAGMENT, 1);
	return 0;
}

static __always_inline __u32 watch_fragment_loaded(void)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	struct dns_stats *stats = store_stats(DNS_LANE_WIRE);
	__u32 reason;
	if (!scratch || !stats)
		return WATCH_DONE;
	reason = fragment_join(stats, scratch);
	DNS_RELOAD();
	store_packet(stats, scratch->frame.protocol, reason, 1);
	return reason == DNS_OK ? WATCH_MESSAGE : WATCH_DONE;
}

/* What is not a message: an ICMP message about one, or the beginning of a connection. 1 where it was one of these. */
static __always_inline __u32 watch_sign(const __u32 how, __u32 reason, __u32 ifindex)
{
	struct dns_scratch *scratch = observe_scratch(DNS_LANE_WIRE);
	struct dns_stats *stats = store_stats(DNS_LANE_WIRE);
	if (!scratch || !stats)
		return 1;
	if (reason == DNS_FRAME_UNREACHABLE)
		observe_unreachable(stats, scratch, how);
	else if (reason == DNS_FRAME_SYN)
		stream_forget(stats, scratch, how, ifindex);
	else
		return 0;
	return 1;
}

#define DNS_FOLLOW(context, name)                                                                                      \
	static __always_inline void name##_follow(context *ctx, __u32 next)                                            \
	{                                                                                                              \
		if (next == WATCH_FRAGMENT)                                                                            \
			next = name##_fragment(ctx);                                                                   \
		if (next == WATCH_STREAM)                                                                              \
			name##_stream(ctx, DNS_LANE_WIRE);                                                             \
		else if (next == WATCH_MESSAGE)                                                                        \
			name##_read(ctx, DNS_LANE_WIRE);                                                               \
	}

/* A program tells by a few loads that a packet is not DNS, and is done with nearly all of them. */
#define DNS_TC_HOOK(name, how)                                                                                         \
	DNS_PARTS(struct __sk_buff, name, how, observe_message)                                                        \
	__noinline __u32 name##_payload(struct __sk_buff *skb, __u32 reason)                                           \
	{                                                                                                              \
		return watch_sign(how, reason, skb->ifindex) ? WATCH_DONE : watch_skb(skb, how, reason);               \
	}                                                                                                              \
	__noinline __u32 name##_fragment(struct __sk_buff *skb)                                                        \
	{                                                                                                              \
		if (!watch_fragment_found(how, skb->ifindex, skb->len))                                                \
			return WATCH_DONE;                                                                             \
		name##_load(skb, DNS_LANE_WIRE);                                                                       \
		return watch_fragment_loaded();                                                                        \
	}                                                                                                              \
	DNS_FOLLOW(struct __sk_buff, name)                                                                             \
	SEC("tc") int name(struct __sk_buff *skb)                                                                      \
	{                                                                                                              \
		const struct dns_packet packet = { (void *)(long)skb->data, (void *)(long)skb->data_end };             \
		const __u32 link = (how) & HOOK_IP ? DNS_LINK_IP : DNS_LINK_ETHERNET;                                  \
		__u32 reason;                                                                                          \
		if (dns_frame_irrelevant(packet, link, &settings))                                                     \
			return TC_ACT_UNSPEC;                                                                          \
		reason = (how) & HOOK_IP ? watch_ip(skb) : watch_ethernet(skb);                                        \
		if (reason == DNS_FRAME_OTHER && settings.tunnels)                                                     \
			reason = watch_inner_skb(skb);                                                                 \
		if (reason != DNS_FRAME_OTHER)                                                                         \
			name##_follow(skb, name##_payload(skb, reason));                                               \
		return TC_ACT_UNSPEC;                                                                                  \
	}

#define DNS_XDP_HOOK(section, name, how)                                                                               \
	DNS_PARTS(struct xdp_md, name, how, observe_message)                                                           \
	__noinline __u32 name##_payload(struct xdp_md *xdp, __u32 reason)                                              \
	{                                                                                                              \
		return watch_sign(how, reason, xdp->ingress_ifindex) ? WATCH_DONE : watch_xdp(xdp, how, reason);       \
	}                                                                                                              \
	__noinline __u32 name##_fragment(struct xdp_md *xdp)                                                           \
	{                                                                                                              \
		const struct dns_packet packet = load_packet(xdp->data, xdp->data_end);                               \
		if (!watch_fragment_found(how, xdp->ingress_ifindex, packet.end - packet.data))                        \
			return WATCH_DONE;                                                                             \
		name##_load(xdp, DNS_LANE_WIRE);                                                                       \
		return watch_fragment_loaded();                                                                        \
	}                                                                                                              \
	DNS_FOLLOW(struct xdp_md, name)                                                                                \
	SEC(section) int name(struct xdp_md *xdp)                                                                      \
	{                                                                                                              \
		const struct dns_packet packet = { (void *)(long)xdp->data, (void *)(long)xdp->data_end };             \
		__u32 reason;                                                                                          \
		if (dns_frame_irrelevant(packet, DNS_LINK_ETHERNET, &settings))                                        \
			return XDP_PASS;                                                                               \
		reason = watch_xdp_frame(xdp);                                                                         \
		if (reason == DNS_FRAME_OTHER && settings.tunnels)                                                     \
			reason = watch_inner_xdp(xdp);                                                                 \
		if (reason != DNS_FRAME_OTHER)                                                                         \
			name##_follow(xdp, name##_payload(xdp, reason));                                               \
		return XDP_PASS;                                                                                       \
	}

DNS_TC_HOOK(dns_tc_in, 0)
DNS_TC_HOOK(dns_tc_out, HOOK_EGRESS)
DNS_TC_HOOK(dns_tc_lo, HOOK_EGRESS | HOOK_LOCAL)
DNS_TC_HOOK(dns_tc_in_ip, HOOK_IP)
DNS_TC_HOOK(dns_tc_out_ip, HOOK_IP | HOOK_EGRESS)
DNS_XDP_HOOK("xdp.frags", dns_xdp_in, HOOK_XDP)

DNS_TC_HOOK(dns_tc_in_old, HOOK_LOCK)
DNS_TC_HOOK(dns_tc_out_old, HOOK_LOCK | HOOK_EGRESS)
DNS_TC_HOOK(dns_tc_lo_old, HOOK_LOCK | HOOK_EGRESS | HOOK_LOCAL)
DNS_TC_HOOK(dns_tc_in_ip_ol, HOOK_LOCK | HOOK_IP)
DNS_TC_HOOK(dns_tc_out_ip_o, HOOK_LOCK | HOOK_IP | HOOK_EGRESS)
DNS_XDP_HOOK("xdp", dns_xdp_in_old, HOOK_LOCK | HOOK_XDP)
