/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * What the product's programs are measured against: a program that does nothing, and one that does the least that any
 * DNS monitor must do with each packet: read its way to the ports and, on port 53, the DNS header. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

enum {
	IPV4_HEADER = 20, /* without options: the benches send none */
	IPV6_HEADER = 40,
	UDP_HEADER = 8,
	TCP_HEADER = 20,  /* without options */
	TCP_PREFIX = 2,   /* RFC 1035, 4.2.2 */
	DNS_HEADER = 12,
	DNS_PORT = 53
};

/* Made from what was read and stored, so that the compiler can't drop the reading. */
__u32 floor_sink = 0;

static __always_inline __u32 floor_be16(const __u8 *at) { return at[0] << 8 | at[1]; }

static __always_inline void floor_dns(const __u8 *at, const __u8 *end)
{
	if (at + DNS_HEADER > end)
		return;
	floor_sink = floor_be16(at) ^ floor_be16(at + 2) ^ floor_be16(at + 4) ^ floor_be16(at + 6);
}

static __always_inline void floor_ports(const __u8 *at, const __u8 *end, __u32 protocol)
{
	const __u32 header = protocol == IPPROTO_TCP ? TCP_HEADER + TCP_PREFIX : UDP_HEADER;
	if (at + header > end || (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP))
		return;
	if (floor_be16(at) == DNS_PORT || floor_be16(at + 2) == DNS_PORT)
		floor_dns(at + header, end);
}

static __always_inline void floor_parse(const __u8 *data, const __u8 *end)
{
	const __u8 *ip = data + ETH_HLEN;
	if (ip + IPV4_HEADER > end)
		return;
	if (floor_be16(data + 12) == ETH_P_IP)
		floor_ports(ip + IPV4_HEADER, end, ip[9]);
	else if (floor_be16(data + 12) == ETH_P_IPV6)
		floor_ports(ip + IPV6_HEADER, end, ip[6]);
}

SEC("tc") int floor_tc_empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

SEC("tc") int floor_tc_parse(struct __sk_buff *skb)
{
	floor_parse((const __u8 *)(long)skb->data, (const __u8 *)(long)skb->data_end);
	return TC_ACT_UNSPEC;
}

SEC("xdp") int floor_xdp_empty(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SEC("xdp") int floor_xdp_parse(struct xdp_md *xdp)
{
	floor_parse((const __u8 *)(long)xdp->data, (const __u8 *)(long)xdp->data_end);
	return XDP_PASS;
}
