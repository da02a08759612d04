/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * From a packet to where its UDP or TCP payload lies, or to the reason why it can't be told. */
#ifndef DNS_FRAME_H
#define DNS_FRAME_H

#include "ebpf/dns_transport.h"

/* True for a packet that is surely not on a listed port: nearly all of them, told by a few loads. What is not plain
 * IPv4 or IPv6 with UDP or TCP behind it is for dns_frame_parse to judge, and what may be a tunnel where they are looked
 * into. */
DNS_INLINE __u32 dns_frame_irrelevant(struct dns_packet packet, __u32 link, const struct dns_settings *settings)
{
	const __u32 at = link == DNS_LINK_ETHERNET ? DNS_ETHERNET_LENGTH : 0;
	const __u8 *start = dns_at(packet, 0, at + DNS_IPV4_LENGTH + 4);
	const __u8 *ip;
	__u32 type;
	if (!start)
		return 0;
	ip = start + at;
	if (link == DNS_LINK_ETHERNET)
		type = dns_be16(start + 12);
	else
		type = ip[0] >> 4 == 6 ? DNS_ETHERTYPE_IPV6 : DNS_ETHERTYPE_IPV4;
	if (type == DNS_ETHERTYPE_IPV4) {
		if (ip[0] != 0x45 || dns_be16(ip + 6) & 0x3fff || dns_be16(ip + 2) <= DNS_IPV4_LENGTH)
			return 0; /* options, a fragment, or an odd length */
		if (ip[9] != DNS_IPPROTO_UDP && ip[9] != DNS_IPPROTO_TCP)
			return ip[9] != DNS_IPPROTO_ICMP && !settings->tunnels;
		return !dns_ports_match(settings, dns_be16(ip + DNS_IPV4_LENGTH), dns_be16(ip + DNS_IPV4_LENGTH + 2)) &&
		       !settings->tunnels;
	}
	if (type == DNS_ETHERTYPE_IPV6) {
		start = dns_at(packet, 0, at + DNS_IPV6_LENGTH + 4);
		if (!start)
			return 0;
		ip = start + at;
		if (ip[0] >> 4 != 6 || (ip[6] != DNS_IPPROTO_UDP && ip[6] != DNS_IPPROTO_TCP))
			return 0;
		return !dns_ports_match(settings, dns_be16(ip + DNS_IPV6_LENGTH), dns_be16(ip + DNS_IPV6_LENGTH + 2)) &&
		       !settings->tunnels;
	}
	return type != DNS_ETHERTYPE_VLAN && type != DNS_ETHERTYPE_QINQ && type != DNS_ETHERTYPE_QINQ_OLD &&
	       !settings->tunnels;
}

/* Reads a packet from `start` up to its UDP or TCP payload. In a program, `frame` lies in a map: see DNS_RELOAD.
 * DNS_OK: it is on a listed port and `frame` is filled. DNS_FRAME_OTHER: it is not, nothing is to be counted.
 * DNS_FRAME_SYN, DNS_FRAME_ICMP: `frame` is filled up to transport_at, of a SYN also ports and sequence. Any other value:
 * why it can't be read; frame->protocol tells whether it was known to be on a listed port. */
DNS_INLINE __u32 dns_frame_parse_at(struct dns_packet packet, __u32 packet_length, __u32 link, __u32 start,
				    const struct dns_settings *settings, struct dns_frame *frame)
{
	__u32 type, reason, at;

	frame->network = start;
	frame->transport_at = 0;
	frame->next = 0;
	frame->protocol = DNS_PROTO_UNKNOWN;
	if (link == DNS_LINK_ETHERNET) {
		type = dns_parse_ethernet(packet, start, &frame->network);
	} else {
		const __u8 *version = dns_at(packet, start, 1);
		type = !version ? 0 : version[0] >> 4 == 4 ? DNS_ETHERTYPE_IPV4 : version[0] >> 4 == 6 ? DNS_ETHERTYPE_IPV6 : 0;
	}
	frame->type = type;
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

/* The same from the packet's beginning. */
DNS_INLINE __u32 dns_frame_parse(struct dns_packet packet, __u32 packet_length, __u32 link,
				 const struct dns_settings *settings, struct dns_frame *frame)
{
	return dns_frame_parse_at(packet, packet_length, link, 0, settings, frame);
}

/* Of a header that is there in full. ::ffff:a.b.c.d: ten zero octets, two of ones, the address. */
DNS_INLINE void dns_ipv4_addresses(const __u8 *ip, struct dns_address *source, struct dns_address *destination)
{
	source->high = destination->high = 0;
	source->low = 0xffff0000ULL | (__u64)DNS_LOAD32(ip + 12) << 32;
	destination->low = 0xffff0000ULL | (__u64)DNS_LOAD32(ip + 16) << 32;
}

DNS_INLINE void dns_ipv6_addresses(const __u8 *ip, struct dns_address *source, struct dns_address *destination)
{
	source->high = DNS_LOAD64(ip + 8);
	source->low = DNS_LOAD64(ip + 16);
	destination->high = DNS_LOAD64(ip + 24);
	destination->low = DNS_LOAD64(ip + 32);
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
		dns_ipv4_addresses(ip, source, destination);
		return 1;
	}
	ip = dns_at(packet, at, DNS_IPV6_LENGTH);
	if (!ip)
		return 0;
	dns_ipv6_addresses(ip, source, destination);
	return 1;
}

/* The same at one go for nearly every packet of a socket: IPv4 or IPv6 without options, extensions or fragments, and UDP.
 * DNS_FRAME_OTHER: it is none such, and dns_frame_parse is to tell. Fills of the frame what datagrams need. */
DNS_INLINE __u32 dns_frame_plain(struct dns_packet packet, const struct dns_settings *settings, struct dns_frame *frame,
				 struct dns_address *source, struct dns_address *destination)
{
	const __u8 *ip = dns_at(packet, 0, DNS_IPV4_LENGTH + DNS_UDP_LENGTH), *udp;
	__u32 total, length;
	if (!ip)
		return DNS_FRAME_OTHER;
	if (ip[0] == 0x45) {
		if (ip[9] != DNS_IPPROTO_UDP || dns_be16(ip + 6) & 0x3fff)
			return DNS_FRAME_OTHER;
		dns_ipv4_addresses(ip, source, destination);
		total = dns_be16(ip + 2);
		frame->ip = DNS_IPV4;
		frame->payload = DNS_IPV4_LENGTH + DNS_UDP_LENGTH;
		udp = ip + DNS_IPV4_LENGTH;
	} else {
		ip = dns_at(packet, 0, DNS_IPV6_LENGTH + DNS_UDP_LENGTH);
		if (!ip || ip[0] >> 4 != 6 || ip[6] != DNS_IPPROTO_UDP)
			return DNS_FRAME_OTHER;
		dns_ipv6_addresses(ip, source, destination);
		total = DNS_IPV6_LENGTH + dns_be16(ip + 4);
		frame->ip = DNS_IPV6;
		frame->payload = DNS_IPV6_LENGTH + DNS_UDP_LENGTH;
		udp = ip + DNS_IPV6_LENGTH;
	}
	length = dns_be16(udp + 4);
	if (length < DNS_UDP_LENGTH || frame->payload - DNS_UDP_LENGTH + length > total)
		return DNS_FRAME_OTHER;
	frame->source_port = dns_be16(udp);
	frame->destination_port = dns_be16(udp + 2);
	if (!dns_ports_match(settings, frame->source_port, frame->destination_port))
		return DNS_FRAME_OTHER;
	frame->protocol = DNS_PROTO_UDP;
	frame->transport = DNS_UDP;
	frame->more_fragments = 0;
	frame->length = length - DNS_UDP_LENGTH;
	return DNS_OK;
}

#endif
