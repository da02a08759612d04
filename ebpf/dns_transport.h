/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * UDP and TCP: to where the payload lies, on the ports that are listed. */
#ifndef DNS_TRANSPORT_H
#define DNS_TRANSPORT_H

#include "ebpf/dns_ip.h"

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

enum { DNS_TCP_SYN = 2 }; /* bit of octet 13 (RFC 9293, 3.1) */

/* RFC 768. */
DNS_INLINE __u32 dns_parse_udp(struct dns_packet packet, __u32 at, const struct dns_settings *settings, struct dns_frame *frame)
{
	const __u8 *udp = dns_at(packet, at, DNS_UDP_LENGTH);
	__u32 length;
	if (!udp)
		return DNS_TRUNCATED_PACKET;
	frame->source_port = dns_be16(udp);
	frame->destination_port = dns_be16(udp + 2);
	frame->payload = at + DNS_UDP_LENGTH;
	if (!dns_ports_match(settings, frame->source_port, frame->destination_port))
		return DNS_FRAME_OTHER;
	frame->protocol = DNS_PROTO_UDP;
	length = dns_be16(udp + 4);
	if (length < DNS_UDP_LENGTH || (!frame->more_fragments && length > frame->ip_length))
		return DNS_BAD_UDP_LENGTH;
	frame->transport = DNS_UDP;
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
	frame->sequence = dns_be32(tcp + 4) + (tcp[13] >> 1 & 1); /* SYN takes a number of its own */
	if (frame->length)
		return DNS_OK;
	return tcp[13] & DNS_TCP_SYN ? DNS_FRAME_SYN : DNS_FRAME_OTHER; /* OTHER: a bare acknowledgement */
}

/* The kind of message (enum dns_kind) that goes in this direction, DNS_KINDS where both ends are on a listed port. */
DNS_INLINE __u32 dns_expected_kind(const struct dns_settings *settings, const struct dns_frame *frame)
{
	const __u32 from = dns_port_listed(settings, frame->source_port);
	const __u32 to = dns_port_listed(settings, frame->destination_port);
	return from == to ? DNS_KINDS : from ? DNS_RESPONSE : DNS_QUERY;
}

#endif
