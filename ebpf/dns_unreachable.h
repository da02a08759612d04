/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * ICMP messages that say that a query did not reach its server: they quote the query's headers (RFC 792; RFC 4443, 3.1). */
#ifndef DNS_UNREACHABLE_H
#define DNS_UNREACHABLE_H

#include "ebpf/dns_frame.h"

enum {
	DNS_ICMP_LENGTH = 8,
	DNS_ICMP_UNREACHABLE = 3,
	DNS_ICMP_FRAGMENTATION_NEEDED = 4, /* a code of it that is no failure: path MTU discovery (RFC 1191) */
	DNS_ICMPV6_UNREACHABLE = 1
};

/* Where the quoted packet's ports lie, or 0 where it is neither UDP nor TCP. */
DNS_INLINE __u32 dns_quoted_ports(struct dns_packet packet, __u32 at, __u32 ip)
{
	const __u8 *quoted = dns_at(packet, at, ip == DNS_IPV4 ? DNS_IPV4_LENGTH : DNS_IPV6_LENGTH);
	__u32 next;
	if (!quoted || quoted[0] >> 4 != (ip == DNS_IPV4 ? 4 : 6))
		return 0;
	next = quoted[ip == DNS_IPV4 ? 9 : 6];
	if (next != DNS_IPPROTO_UDP && next != DNS_IPPROTO_TCP)
		return 0;
	return at + (ip == DNS_IPV4 ? (quoted[0] & 15) * 4 : DNS_IPV6_LENGTH);
}

/* Reads the message that dns_frame_parse found at frame->transport_at.
 * DNS_FRAME_UNREACHABLE: it is one about a packet to a listed port, and frame->network is now the quoted IP header, whose
 * destination is the server. DNS_FRAME_OTHER: it is none. */
DNS_INLINE __u32 dns_unreachable_parse(struct dns_packet packet, const struct dns_settings *settings,
				       struct dns_frame *frame)
{
	const __u32 at = dns_recall(&frame->transport_at);
	const __u8 *icmp = dns_at(packet, at, DNS_ICMP_LENGTH);
	const __u8 *ports;
	if (!icmp)
		return DNS_FRAME_OTHER;
	if (frame->ip == DNS_IPV4 ? icmp[0] != DNS_ICMP_UNREACHABLE || icmp[1] == DNS_ICMP_FRAGMENTATION_NEEDED
				  : icmp[0] != DNS_ICMPV6_UNREACHABLE)
		return DNS_FRAME_OTHER;
	frame->network = at + DNS_ICMP_LENGTH;
	frame->transport_at = dns_quoted_ports(packet, dns_recall(&frame->network), frame->ip);
	if (!frame->transport_at)
		return DNS_FRAME_OTHER;
	ports = dns_at(packet, dns_recall(&frame->transport_at), 4);
	if (!ports)
		return DNS_FRAME_OTHER;
	frame->source_port = dns_be16(ports);
	frame->destination_port = dns_be16(ports + 2);
	if (!dns_port_listed(settings, frame->destination_port))
		return DNS_FRAME_OTHER;
	return DNS_FRAME_UNREACHABLE;
}

#endif
