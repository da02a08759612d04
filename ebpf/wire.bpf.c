/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * The packet hooks: XDP for packets that arrive, TC for both directions, each in a variant for current kernels and one
 * for those before 5.18 (_old). Verdicts are passive: XDP_PASS; TC_ACT_UNSPEC, which TCX calls TCX_NEXT, so that other
 * programs on the interface still run. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

#include "ebpf/observe.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum { WATCH_PULL = DNS_EXTENSIONS_END + 60 }; /* octets: every header that is read, the longest TCP header included */

/* Several datagrams in one packet, to be cut by the device: the first is looked at, the others are counted. */
static __always_inline void watch_segmented(struct dns_frame *frame, __u32 segments, __u32 size)
{
	struct dns_stats *s = store_stats();
	if (s)
		store_packet(s, DNS_PROTO_UDP, DNS_SEGMENTED, segments - 1);
	if (frame->length > size)
		frame->length = size;
}

/* The context's 32-bit fields stand for pointers: the compiler must not keep them as 32-bit numbers. */
static __always_inline struct dns_packet watch_packet(__u64 data, __u64 end)
{
	struct dns_packet packet;
	DNS_OPAQUE(data);
	DNS_OPAQUE(end);
	packet.data = (const __u8 *)data;
	packet.end = (const __u8 *)end;
	return packet;
}

/* What is on a DNS port, or to be counted for a reason, goes into the scratch. */
static __always_inline __u32 watch_frame(struct dns_packet packet, __u32 length, const __u32 mode)
{
	struct dns_frame frame = {};
	struct dns_scratch *scratch;
	const __u32 reason = dns_frame_parse(packet, length, mode, &settings, &frame);

	if (reason == DNS_FRAME_OTHER || reason == DNS_FRAME_EXTENDED || reason == DNS_FRAME_ICMP)
		return reason;
	scratch = observe_scratch();
	if (!scratch)
		return DNS_FRAME_OTHER;
	scratch->frame = frame;
	if (reason == DNS_OK && !dns_frame_addresses(packet, mode, &frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

/* The seldom cases: extension headers and ICMP. The frame lies in the scratch from the start. */
static __always_inline __u32 watch_frame_again(struct dns_packet packet, __u32 length, const __u32 mode)
{
	struct dns_scratch *scratch = observe_scratch();
	__u32 reason;
	if (!scratch)
		return DNS_FRAME_OTHER;
	reason = dns_frame_parse(packet, length, mode, &settings, &scratch->frame);
	if (reason == DNS_FRAME_ICMP)
		reason = dns_unreachable_parse(packet, mode, &settings, &scratch->frame);
	if ((reason == DNS_OK || reason == DNS_FRAME_UNREACHABLE) &&
	    !dns_frame_addresses(packet, mode, &scratch->frame, &scratch->source, &scratch->destination))
		return DNS_TRUNCATED_PACKET;
	return reason;
}

/* Headers that don't lie in the linear part are pulled into it; that moves octets, it changes none. */
static __always_inline __u32 watch_skb_again(struct __sk_buff *skb, const __u32 mode)
{
	struct dns_packet packet = watch_packet(skb->data, skb->data_end);
	if (packet.end - packet.data < skb->len) {
		bpf_skb_pull_data(skb, skb->len < WATCH_PULL ? skb->len : WATCH_PULL);
		packet = watch_packet(skb->data, skb->data_end);
	}
	return watch_frame_again(packet, skb->len, mode | DNS_FRAME_FOLLOW);
}
__noinline __u32 watch_ethernet_again(struct __sk_buff *skb) { return watch_skb_again(skb, DNS_FRAME_ETHERNET); }
__noinline __u32 watch_ip_again(struct __sk_buff *skb) { return watch_skb_again(skb, 0); }
__noinline __u32 watch_xdp_again(struct xdp_md *xdp)
{
	const struct dns_packet packet = watch_packet(xdp->data, xdp->data_end);
	return watch_frame_again(packet, packet.end - packet.data, DNS_FRAME_ETHERNET | DNS_FRAME_FOLLOW);
}

static __always_inline __u32 watch_skb_frame(struct __sk_buff *skb, const __u32 how)
{
	const struct dns_packet packet = watch_packet(skb->data, skb->data_end);
	const __u32 reason = watch_frame(packet, skb->len, how & HOOK_IP ? 0 : DNS_FRAME_ETHERNET);
	if (reason != DNS_FRAME_EXTENDED && reason != DNS_FRAME_ICMP && reason != DNS_TRUNCATED_PACKET)
		return reason;
	return how & HOOK_IP ? watch_ip_again(skb) : watch_ethernet_again(skb);
}

static __always_inline __u32 watch_xdp_frame(struct xdp_md *xdp)
{
	const struct dns_packet packet = watch_packet(xdp->data, xdp->data_end);
	const __u32 reason = watch_frame(packet, packet.end - packet.data, DNS_FRAME_ETHERNET);
	return reason == DNS_FRAME_EXTENDED || reason == DNS_FRAME_ICMP ? watch_xdp_again(xdp) : reason;
}

static __always_inline int watch_skb(struct __sk_buff *skb, const __u32 how, __u32 reason)
{
	struct dns_scratch *scratch = observe_scratch();
	if (!scratch)
		return 0;
	if (reason == DNS_FRAME_UNREACHABLE) {
		observe_unreachable(scratch, how);
		return 0;
	}
	if (reason == DNS_OK && scratch->frame.transport == DNS_UDP && skb->gso_segs > 1)
		watch_segmented(&scratch->frame, skb->gso_segs, skb->gso_size);
	observe_frame(skb, how, skb->ifindex, skb->len, reason, scratch);
	return 0;
}

static __always_inline int watch_xdp(struct xdp_md *xdp, const __u32 how, __u32 reason)
{
	struct dns_scratch *scratch = observe_scratch();
	const struct dns_packet packet = watch_packet(xdp->data, xdp->data_end);
	const __u32 length = how & HOOK_LOCK ? (__u32)(packet.end - packet.data) : (__u32)bpf_xdp_get_buff_len(xdp);
	if (!scratch)
		return 0;
	if (reason == DNS_FRAME_UNREACHABLE)
		observe_unreachable(scratch, how);
	else
		observe_frame(xdp, how, xdp->ingress_ifindex, length, reason, scratch);
	return 0;
}

/* A hook is two functions: the program, which reads the frame and is done with nearly all packets, and, for those on a
 * DNS port, a function that the verifier takes on its own. In one, it would walk the second part anew for each of the
 * many ways through the first. */
#define DNS_TC_HOOK(name, how)                                                                                         \
	__noinline int name##_dns(struct __sk_buff *skb, __u32 reason) { return watch_skb(skb, how, reason); }         \
	SEC("tc") int name(struct __sk_buff *skb)                                                                      \
	{                                                                                                              \
		const __u32 reason = watch_skb_frame(skb, how);                                                        \
		if (reason != DNS_FRAME_OTHER)                                                                         \
			name##_dns(skb, reason);                                                                       \
		return TC_ACT_UNSPEC;                                                                                  \
	}

#define DNS_XDP_HOOK(section, name, how)                                                                               \
	__noinline int name##_dns(struct xdp_md *xdp, __u32 reason) { return watch_xdp(xdp, how, reason); }            \
	SEC(section) int name(struct xdp_md *xdp)                                                                      \
	{                                                                                                              \
		const __u32 reason = watch_xdp_frame(xdp);                                                             \
		if (reason != DNS_FRAME_OTHER)                                                                         \
			name##_dns(xdp, reason);                                                                       \
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
