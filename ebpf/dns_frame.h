/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * Ethernet, VLAN, IP and UDP or TCP: from a packet to where its payload lies, or to the reason why it can't be told. */
#ifndef DNS_FRAME_H
#define DNS_FRAME_H

#include "ebpf/dns_abi.h"
#include "ebpf/dns_cursor.h"

enum {
	DNS_ETHERNET_LENGTH = 14,
	DNS_VLAN_TAGS_MAX = 3, /* QinQ has two; one more for a tag that was stacked on the way */
	DNS_ETHERTYPE_IPV4 = 0x0800,
	DNS_ETHERTYPE_IPV6 = 0x86dd,
	DNS_ETHERTYPE_VLAN = 0x8100, /* IEEE 802.1Q */
	DNS_ETHERTYPE_QINQ = 0x88a8, /* IEEE 802.1ad */
	DNS_ETHERTYPE_QINQ_OLD = 0x9100,
	DNS_IPV4_LENGTH = 20,
	DNS_IPV6_LENGTH = 40,
	DNS_UDP_LENGTH = 8,
	DNS_TCP_LENGTH = 20,
	DNS_IPPROTO_ICMP = 1,
	DNS_IPPROTO_TCP = 6,
	DNS_IPPROTO_UDP = 17,
	DNS_IPPROTO_ICMPV6 = 58,
	DNS_OFFSET_MASK = 2047, /* bits of an offset up to DNS_EXTENSIONS_END */
	DNS_EXTENSIONS_END = 1280, /* the least MTU of IPv6 (RFC 8200, 5) */
	DNS_EXTENSIONS_MAX = 8, /* RFC 8200, 4.1 lists seven, of which destination options may come twice */
	DNS_FRAME_OTHER = DNS_REASONS, /* not on a DNS port: nothing to count */
	DNS_FRAME_ICMP,                /* ICMP, at transport_at: dns_unreachable.h reads it */
	DNS_FRAME_UNREACHABLE          /* an ICMP message that says so of a query */
};

enum dns_link { DNS_LINK_IP, DNS_LINK_ETHERNET }; /* what a packet begins with: its IP header on tun and wireguard */

struct dns_frame {
	__u32 network;   /* offset of the IP header */
	__u32 transport_at; /* offset of the UDP or TCP header */
	__u32 ip_length; /* octets from there to the packet's end by the IP header; 0: not told (jumbo) */
	__u32 next;      /* protocol number of what lies at transport_at */
	__u32 more_fragments; /* this is the first fragment of several */
	__u32 payload;   /* offset of the UDP or TCP payload */
	__u32 length;    /* octets of payload that the headers promise; the packet may hold fewer of them */
	__u32 source_port, destination_port;
	__u8 ip, transport;
	__u8 protocol; /* enum dns_protocol, for the count of a packet that is no message */
	__u8 pad;
};

DNS_INLINE __u32 dns_port_listed(const struct dns_settings *settings, __u32 port)
{
	__u32 i;
	for (i = 0; i < DNS_PORTS_MAX && i < settings->port_count; i++)
		if (settings->ports[i] == port)
			return 1;
	return 0;
}

/* One test dismisses most other traffic; what it lets through (VXLAN's 4789 beside 53) is compared. */
DNS_INLINE __u32 dns_ports_match(const struct dns_settings *settings, __u32 source, __u32 destination)
{
	const __u64 filter = settings->port_filter;
	if (!((filter >> (source & 63) | filter >> (destination & 63)) & 1))
		return 0;
	return dns_port_listed(settings, source) || dns_port_listed(settings, destination);
}

/* True for a packet that is surely not on a listed port: nearly all of them, told by a few loads. What is not plain
 * IPv4 or IPv6 with UDP or TCP behind it is for dns_frame_parse to judge. */
DNS_INLINE __u32 dns_frame_irrelevant(struct dns_packet packet, __u32 link, const struct dns_settings *settings)
{
	const __u32 at = link == DNS_LINK_ETHERNET ? DNS_ETHERNET_LENGTH : 0;
	const __u8 *start = dns_at(packet, 0, at + DNS_IPV4_LENGTH + 4);
	const __u8 *ip = start + at;
	__u32 type;
	if (!start)
		return 0;
	if (link == DNS_LINK_ETHERNET)
		type = dns_be16(start + 12);
	else
		type = ip[0] >> 4 == 6 ? DNS_ETHERTYPE_IPV6 : DNS_ETHERTYPE_IPV4;
	if (type == DNS_ETHERTYPE_IPV4) {
		if (ip[0] != 0x45 || dns_be16(ip + 6) & 0x3fff || dns_be16(ip + 2) <= DNS_IPV4_LENGTH)
			return 0; /* options, a fragment, or an odd length */
		if (ip[9] != DNS_IPPROTO_UDP && ip[9] != DNS_IPPROTO_TCP)
			return ip[9] != DNS_IPPROTO_ICMP;
		return !dns_ports_match(settings, dns_be16(ip + DNS_IPV4_LENGTH), dns_be16(ip + DNS_IPV4_LENGTH + 2));
	}
	if (type == DNS_ETHERTYPE_IPV6) {
		start = dns_at(packet, 0, at + DNS_IPV6_LENGTH + 4);
		ip = start + at;
		if (!start || ip[0] >> 4 != 6 || (ip[6] != DNS_IPPROTO_UDP && ip[6] != DNS_IPPROTO_TCP))
			return 0;
		return !dns_ports_match(settings, dns_be16(ip + DNS_IPV6_LENGTH), dns_be16(ip + DNS_IPV6_LENGTH + 2));
	}
	return type != DNS_ETHERTYPE_VLAN && type != DNS_ETHERTYPE_QINQ && type != DNS_ETHERTYPE_QINQ_OLD;
}

/* RFC 791, 3.1. */
DNS_INLINE __u32 dns_parse_ipv4(struct dns_packet packet, __u32 at, struct dns_frame *frame)
{
	const __u8 *ip = dns_at(packet, at, DNS_IPV4_LENGTH);
	__u32 header, total, fragment;
	if (!ip)
		return DNS_TRUNCATED_PACKET;
	frame->next = ip[9];
	if (frame->next != DNS_IPPROTO_UDP && frame->next != DNS_IPPROTO_TCP && frame->next != DNS_IPPROTO_ICMP)
		return DNS_FRAME_OTHER;
	header = (ip[0] & 15) * 4;
	if (ip[0] >> 4 != 4 || header < DNS_IPV4_LENGTH)
		return frame->next == DNS_IPPROTO_ICMP ? (__u32)DNS_FRAME_OTHER : (__u32)DNS_BAD_IP_HEADER;
	if (frame->next == DNS_IPPROTO_ICMP) {
		if (dns_be16(ip + 6) & 0x1fff)
			return DNS_FRAME_OTHER;
		frame->transport_at = at + header;
		return DNS_FRAME_ICMP;
	}
	fragment = dns_be16(ip + 6);
	if (fragment & 0x1fff)
		return DNS_FRAGMENT;
	total = dns_be16(ip + 2);
	if (total && total <= header) /* equal: no room for UDP or TCP, and ip_length 0 would mean `not told` */
		return DNS_BAD_IP_HEADER;
	frame->more_fragments = fragment >> 13 & 1;
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


/* An offset of the frame, read back and bounded anew: the frame lies in a map, so the verifier forgot it (DNS_RELOAD). */
DNS_INLINE __u32 dns_recall(const __u32 *offset)
{
	__u32 at;
	DNS_RELOAD();
	at = *offset;
	DNS_BOUND(at, DNS_OFFSET_MASK);
	return at;
}

/* Follows extension headers to the transport header. */
DNS_INLINE __u32 dns_follow_extensions(struct dns_packet packet, struct dns_frame *frame)
{
	const __u32 told = frame->ip_length;
	__u32 i;
	for (i = 0; i <= DNS_EXTENSIONS_MAX; i++) { /* one more, to see what follows the last one */
		const __u8 *extension;
		__u32 length, at;
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
			if (fragment & 0xfff8)
				return DNS_FRAGMENT;
			frame->more_fragments = fragment & 1;
		}
		if (at + length > DNS_EXTENSIONS_END)
			return DNS_EXTENSION_HEADERS;
		frame->next = extension[0];
		frame->transport_at = at + length;
		frame->ip_length = frame->ip_length > length ? frame->ip_length - length : 0;
		DNS_RELOAD();
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
	frame->ip_length = dns_be16(ip + 4);
	frame->transport_at = at + DNS_IPV6_LENGTH;
	if (frame->next == DNS_IPPROTO_UDP || frame->next == DNS_IPPROTO_TCP)
		return DNS_OK;
	if (frame->next == DNS_IPPROTO_ICMPV6)
		return DNS_FRAME_ICMP;
	return dns_follow_extensions(packet, frame);
}

/* RFC 768. */
DNS_INLINE __u32 dns_parse_udp(struct dns_packet packet, __u32 at, const struct dns_settings *settings, struct dns_frame *frame)
{
	const __u8 *udp = dns_at(packet, at, DNS_UDP_LENGTH);
	__u32 length;
	if (!udp)
		return DNS_TRUNCATED_PACKET;
	frame->source_port = dns_be16(udp);
	frame->destination_port = dns_be16(udp + 2);
	if (!dns_ports_match(settings, frame->source_port, frame->destination_port))
		return DNS_FRAME_OTHER;
	frame->protocol = DNS_PROTO_UDP;
	length = dns_be16(udp + 4);
	if (length < DNS_UDP_LENGTH || (!frame->more_fragments && length > frame->ip_length))
		return DNS_BAD_UDP_LENGTH;
	frame->transport = DNS_UDP;
	frame->payload = at + DNS_UDP_LENGTH;
	frame->length = length - DNS_UDP_LENGTH;
	return DNS_OK;
}

/* RFC 9293, 3.1. `packet_length` stands in for the length where the IP header does not tell it. */
DNS_INLINE __u32 dns_parse_tcp(struct dns_packet packet, __u32 at, __u32 packet_length, const struct dns_settings *settings,
			       struct dns_frame *frame)
{
	const __u8 *tcp = dns_at(packet, at, DNS_TCP_LENGTH);
	__u32 header, length;
	if (!tcp)
		return DNS_TRUNCATED_PACKET;
	frame->source_port = dns_be16(tcp);
	frame->destination_port = dns_be16(tcp + 2);
	if (!dns_ports_match(settings, frame->source_port, frame->destination_port))
		return DNS_FRAME_OTHER;
	frame->protocol = DNS_PROTO_TCP;
	header = (tcp[12] >> 4) * 4;
	length = frame->ip_length ? frame->ip_length : packet_length - at;
	if (header < DNS_TCP_LENGTH || header > length)
		return DNS_TRUNCATED_PACKET;
	frame->transport = DNS_TCP;
	frame->payload = at + header;
	frame->length = length - header;
	if (!frame->length)
		return DNS_FRAME_OTHER; /* a bare acknowledgement */
	return DNS_OK;
}

/* Finds the IP header behind Ethernet and VLAN tags; returns the EtherType, 0 where the packet ends before. */
DNS_INLINE __u32 dns_parse_ethernet(struct dns_packet packet, __u32 *network)
{
	const __u8 *ethernet = dns_at(packet, 0, DNS_ETHERNET_LENGTH);
	__u32 i, type, at = DNS_ETHERNET_LENGTH;
	if (!ethernet)
		return 0;
	type = dns_be16(ethernet + 12);
	for (i = 0; i < DNS_VLAN_TAGS_MAX; i++) {
		const __u8 *tag;
		if (type != DNS_ETHERTYPE_VLAN && type != DNS_ETHERTYPE_QINQ && type != DNS_ETHERTYPE_QINQ_OLD)
			break;
		tag = dns_at(packet, at, 4);
		if (!tag)
			return 0;
		type = dns_be16(tag + 2);
		at += 4;
	}
	*network = at;
	return type;
}

/* Reads a packet up to its UDP or TCP payload. In a program, `frame` lies in a map: see DNS_RELOAD.
 * DNS_OK: it is on a listed port and `frame` is filled. DNS_FRAME_OTHER: it is not, nothing is to be counted.
 * DNS_FRAME_ICMP: transport_at is filled. Any other value: why it can't be read; frame->protocol tells
 * whether it was known to be on a listed port. */
DNS_INLINE __u32 dns_frame_parse(struct dns_packet packet, __u32 packet_length, __u32 link,
				 const struct dns_settings *settings, struct dns_frame *frame)
{
	__u32 type, reason, at;

	frame->network = 0;
	frame->protocol = DNS_PROTO_UNKNOWN;
	if (link == DNS_LINK_ETHERNET) {
		type = dns_parse_ethernet(packet, &frame->network);
	} else {
		const __u8 *version = dns_at(packet, 0, 1);
		type = !version ? 0 : version[0] >> 4 == 4 ? DNS_ETHERTYPE_IPV4 : version[0] >> 4 == 6 ? DNS_ETHERTYPE_IPV6 : 0;
	}
	at = dns_recall(&frame->network);
	if (type == DNS_ETHERTYPE_IPV4) {
		frame->ip = DNS_IPV4;
		reason = dns_parse_ipv4(packet, at, frame);
	} else if (type == DNS_ETHERTYPE_IPV6) {
		frame->ip = DNS_IPV6;
		reason = dns_parse_ipv6(packet, at, frame);
	} else {
		return DNS_FRAME_OTHER;
	}
	if (reason != DNS_OK)
		return reason;
	at = dns_recall(&frame->transport_at);
	if (frame->next == DNS_IPPROTO_UDP)
		return dns_parse_udp(packet, at, settings, frame);
	return dns_parse_tcp(packet, at, packet_length, settings, frame);
}

/* The addresses of a parsed frame. 0: the packet ends before (it can't, once dns_frame_parse took it). */
DNS_INLINE __u32 dns_frame_addresses(struct dns_packet packet, const struct dns_frame *frame,
				     struct dns_address *source, struct dns_address *destination)
{
	const __u32 at = dns_recall(&frame->network);
	const __u8 *ip;
	if (frame->ip == DNS_IPV4) {
		ip = dns_at(packet, at, DNS_IPV4_LENGTH);
		if (!ip)
			return 0;
		/* ::ffff:a.b.c.d: ten zero octets, two of ones, the address */
		source->high = destination->high = 0;
		source->low = 0xffff0000ULL | (__u64)DNS_LOAD32(ip + 12) << 32;
		destination->low = 0xffff0000ULL | (__u64)DNS_LOAD32(ip + 16) << 32;
		return 1;
	}
	ip = dns_at(packet, at, DNS_IPV6_LENGTH);
	if (!ip)
		return 0;
	source->high = DNS_LOAD64(ip + 8);
	source->low = DNS_LOAD64(ip + 16);
	destination->high = DNS_LOAD64(ip + 24);
	destination->low = DNS_LOAD64(ip + 32);
	return 1;
}

#endif
