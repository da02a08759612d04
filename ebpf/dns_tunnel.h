/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Encapsulations, one level deep and only those that are selected: from an outer packet to where the inner one begins.
 * What is not selected is never looked into, so that nothing inside is taken for DNS. */
#ifndef DNS_TUNNEL_H
#define DNS_TUNNEL_H

#include "ebpf/dns_frame.h"

enum {
	DNS_PPPOE_LENGTH = 8,        /* with the PPP protocol (RFC 2516, 4) */
	DNS_PPPOE_SESSION = 0x1100,  /* version 1, type 1, code 0: session data */
	DNS_PPP_IPV4 = 0x0021,
	DNS_PPP_IPV6 = 0x0057,
	DNS_GRE_CHECKSUM = 0x8000,   /* flags of RFC 2784 and RFC 2890, each with a word of its own */
	DNS_GRE_KEY = 0x2000,
	DNS_GRE_SEQUENCE = 0x1000,
	/* source routing and the two bits that a receiver must find clear (RFC 2784, 2.3); versions other than 0 */
	DNS_GRE_REFUSED = 0x4c07,
	DNS_ETHERTYPE_BRIDGED = 0x6558, /* transparent Ethernet bridging */
	DNS_PORT_VXLAN = 4789,
	DNS_PORT_VXLAN_LINUX = 8472,
	DNS_PORT_GENEVE = 6081,
	DNS_VXLAN_LENGTH = 8,
	DNS_VXLAN_HAS_VNI = 0x08,
	DNS_GENEVE_LENGTH = 8,
	DNS_GENEVE_OAM = 0x80 /* of the second octet: control, not data */
};

/* What begins there: frame->start and frame->link. */
DNS_INLINE __u32 dns_tunnel_holds(struct dns_frame *frame, __u32 ethertype, __u32 start)
{
	frame->start = start;
	frame->link = ethertype == DNS_ETHERTYPE_BRIDGED ? DNS_LINK_ETHERNET : DNS_LINK_IP;
	return ethertype == DNS_ETHERTYPE_BRIDGED || ethertype == DNS_ETHERTYPE_IPV4 || ethertype == DNS_ETHERTYPE_IPV6;
}

DNS_INLINE __u32 dns_tunnel_pppoe(struct dns_packet packet, struct dns_frame *frame)
{
	const __u32 at = dns_recall(&frame->network);
	const __u8 *header = dns_at(packet, at, DNS_PPPOE_LENGTH);
	__u32 protocol;
	if (!header || dns_be16(header) != DNS_PPPOE_SESSION)
		return 0;
	protocol = dns_be16(header + 6);
	return dns_tunnel_holds(frame, protocol == DNS_PPP_IPV4 ? DNS_ETHERTYPE_IPV4 : protocol == DNS_PPP_IPV6 ? DNS_ETHERTYPE_IPV6 : 0,
				at + DNS_PPPOE_LENGTH);
}

DNS_INLINE __u32 dns_tunnel_gre(struct dns_packet packet, struct dns_frame *frame)
{
	const __u32 at = dns_recall(&frame->transport_at);
	const __u8 *header = dns_at(packet, at, 4);
	__u32 flags;
	if (!header)
		return 0;
	flags = dns_be16(header);
	if (flags & DNS_GRE_REFUSED)
		return 0;
	return dns_tunnel_holds(frame, dns_be16(header + 2),
				at + 4 + !!(flags & DNS_GRE_CHECKSUM) * 4 + !!(flags & DNS_GRE_KEY) * 4 +
					!!(flags & DNS_GRE_SEQUENCE) * 4);
}

DNS_INLINE __u32 dns_tunnel_udp(struct dns_packet packet, __u32 tunnels, struct dns_frame *frame)
{
	const __u32 port = frame->destination_port;
	const __u32 at = dns_recall(&frame->transport_at) + DNS_UDP_LENGTH;
	const __u8 *header = dns_at(packet, at, DNS_VXLAN_LENGTH);
	if (!header)
		return 0;
	if (tunnels & DNS_TUNNEL_VXLAN && (port == DNS_PORT_VXLAN || port == DNS_PORT_VXLAN_LINUX))
		return header[0] & DNS_VXLAN_HAS_VNI && dns_tunnel_holds(frame, DNS_ETHERTYPE_BRIDGED, at + DNS_VXLAN_LENGTH);
	if (tunnels & DNS_TUNNEL_GENEVE && port == DNS_PORT_GENEVE)
		return !(header[0] >> 6) && !(header[1] & DNS_GENEVE_OAM) &&
		       dns_tunnel_holds(frame, dns_be16(header + 2), at + DNS_GENEVE_LENGTH + (header[0] & 63) * 4);
	return 0;
}

/* For a packet that dns_frame_parse took for DNS_FRAME_OTHER: 1 where it is a selected encapsulation; frame->start and
 * frame->link then say what to read with dns_frame_parse_at. */
DNS_INLINE __u32 dns_tunnel_open(struct dns_packet packet, const struct dns_settings *settings, struct dns_frame *frame)
{
	const __u32 tunnels = settings->tunnels;
	DNS_RELOAD();
	if (frame->type == DNS_ETHERTYPE_PPPOE)
		return tunnels & DNS_TUNNEL_PPPOE && dns_tunnel_pppoe(packet, frame);
	if (!frame->transport_at)
		return 0;
	if (frame->next == DNS_IPPROTO_GRE)
		return tunnels & DNS_TUNNEL_GRE && dns_tunnel_gre(packet, frame);
	if (frame->next == DNS_IPPROTO_IPV4 || frame->next == DNS_IPPROTO_IPV6)
		return tunnels & DNS_TUNNEL_IPIP &&
		       dns_tunnel_holds(frame, frame->next == DNS_IPPROTO_IPV4 ? DNS_ETHERTYPE_IPV4 : DNS_ETHERTYPE_IPV6,
					dns_recall(&frame->transport_at));
	if (frame->next == DNS_IPPROTO_UDP)
		return dns_tunnel_udp(packet, tunnels, frame);
	return 0;
}

#endif
