/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * IPv4 with options, IPv6 with extension headers, fragments: to where the transport header lies. */
#ifndef DNS_IP_H
#define DNS_IP_H

#include "ebpf/dns_link.h"

/* A fragment after the first holds neither ports nor a length of its own: its octets follow at `at`. */
DNS_INLINE __u32 dns_parse_fragment(struct dns_frame *frame, __u32 at, __u32 length)
{
	frame->payload = at;
	frame->length = length;
	return DNS_FRAGMENT;
}

/* RFC 791, 3.1. */
DNS_INLINE __u32 dns_parse_ipv4(struct dns_packet packet, __u32 at, struct dns_frame *frame)
{
	const __u8 *ip = dns_at(packet, at, DNS_IPV4_LENGTH);
	__u32 header, total, fragment;
	if (!ip)
		return DNS_TRUNCATED_PACKET;
	frame->next = ip[9];
	header = (ip[0] & 15) * 4;
	fragment = dns_be16(ip + 6);
	if (frame->next != DNS_IPPROTO_UDP && frame->next != DNS_IPPROTO_TCP) {
		if (ip[0] >> 4 != 4 || header < DNS_IPV4_LENGTH || fragment & 0x1fff)
			return DNS_FRAME_OTHER;
		frame->transport_at = at + header;
		return frame->next == DNS_IPPROTO_ICMP ? DNS_FRAME_ICMP : DNS_FRAME_OTHER;
	}
	if (ip[0] >> 4 != 4 || header < DNS_IPV4_LENGTH)
		return DNS_BAD_IP_HEADER;
	total = dns_be16(ip + 2);
	frame->more_fragments = fragment >> 13 & 1;
	frame->fragment_at = (fragment & 0x1fff) * 8;
	frame->fragment_id = dns_be16(ip + 4);
	if (frame->fragment_at)
		return dns_parse_fragment(frame, at + header, total > header ? total - header : 0);
	if (total && total <= header) /* equal: no room for UDP or TCP, and ip_length 0 would mean `not told` */
		return DNS_BAD_IP_HEADER;
	frame->transport_at = at + header;
	frame->ip_length = total ? total - header : 0; /* 0 with segmentation offload above 64 KiB */
	return DNS_OK;
}

/* Extension headers that lead on to the transport header (RFC 8200, 4; RFC 4302). ESP hides it. */
enum {
	DNS_EXT_HOP_BY_HOP = 0,
	DNS_EXT_ROUTING = 43,
	DNS_EXT_FRAGMENT = 44,
	DNS_EXT_AUTHENTICATION = 51,
	DNS_EXT_DESTINATION = 60,
	DNS_EXT_MOBILITY = 135
};

DNS_INLINE __u32 dns_is_extension(__u32 kind)
{
	return kind == DNS_EXT_HOP_BY_HOP || kind == DNS_EXT_ROUTING || kind == DNS_EXT_FRAGMENT ||
	       kind == DNS_EXT_AUTHENTICATION || kind == DNS_EXT_DESTINATION || kind == DNS_EXT_MOBILITY;
}

DNS_INLINE __u32 dns_extension_length(__u32 kind, __u32 length_octet)
{
	if (kind == DNS_EXT_FRAGMENT)
		return 8;
	if (kind == DNS_EXT_AUTHENTICATION)
		return (length_octet + 2) * 4; /* RFC 4302, 2.2 counts in 32-bit words */
	return (length_octet + 1) * 8;
}

/* Follows extension headers to the transport header. */
DNS_INLINE __u32 dns_follow_extensions(struct dns_packet packet, struct dns_frame *frame)
{
	const __u32 told = frame->ip_length;
	__u32 i;
	for (i = 0; i <= DNS_EXTENSIONS_MAX; i++) { /* one more, to see what follows the last one */
		const __u8 *extension;
		__u32 length, at;
		/* Here, not at the end: else the compiler may enter the loop in its middle, which 6.1's verifier refuses. */
		DNS_RELOAD();
		if (frame->next == DNS_IPPROTO_UDP || frame->next == DNS_IPPROTO_TCP)
			return told && !frame->ip_length ? DNS_BAD_IP_HEADER : DNS_OK;
		if (frame->next == DNS_IPPROTO_ICMPV6)
			return DNS_FRAME_ICMP;
		if (!dns_is_extension(frame->next))
			return DNS_FRAME_OTHER;
		at = dns_recall(&frame->transport_at);
		extension = dns_at(packet, at, 8);
		if (!extension)
			return DNS_TRUNCATED_PACKET;
		length = dns_extension_length(frame->next, extension[1]);
		if (frame->next == DNS_EXT_FRAGMENT) {
			const __u32 fragment = dns_be16(extension + 2);
			frame->more_fragments = fragment & 1;
			frame->fragment_at = fragment & 0xfff8;
			frame->fragment_id = dns_be32(extension + 4);
			if (frame->fragment_at) {
				frame->next = extension[0];
				return dns_parse_fragment(frame, at + length, frame->ip_length > length ? frame->ip_length - length : 0);
			}
		}
		if (at + length > DNS_EXTENSIONS_END)
			return DNS_EXTENSION_HEADERS;
		frame->next = extension[0];
		frame->transport_at = at + length;
		frame->ip_length = frame->ip_length > length ? frame->ip_length - length : 0;
	}
	return DNS_EXTENSION_HEADERS;
}

/* RFC 8200, 3. */
DNS_INLINE __u32 dns_parse_ipv6(struct dns_packet packet, __u32 at, struct dns_frame *frame)
{
	const __u8 *ip = dns_at(packet, at, DNS_IPV6_LENGTH);
	if (!ip)
		return DNS_TRUNCATED_PACKET;
	if (ip[0] >> 4 != 6)
		return DNS_BAD_IP_HEADER;
	frame->next = ip[6];
	frame->more_fragments = 0;
	frame->fragment_at = 0;
	frame->ip_length = dns_be16(ip + 4);
	frame->transport_at = at + DNS_IPV6_LENGTH;
	if (frame->next == DNS_IPPROTO_UDP || frame->next == DNS_IPPROTO_TCP)
		return DNS_OK;
	if (frame->next == DNS_IPPROTO_ICMPV6)
		return DNS_FRAME_ICMP;
	return dns_follow_extensions(packet, frame);
}

#endif
