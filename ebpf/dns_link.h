/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
 * What a packet begins with: Ethernet and VLAN tags, or its IP header. And what is read of a packet, layer by layer. */
#ifndef DNS_LINK_H
#define DNS_LINK_H

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
	DNS_ETHERTYPE_PPPOE = 0x8864, /* RFC 2516, session stage */
	DNS_IPPROTO_ICMP = 1,
	DNS_IPPROTO_IPV4 = 4,
	DNS_IPPROTO_TCP = 6,
	DNS_IPPROTO_UDP = 17,
	DNS_IPPROTO_IPV6 = 41,
	DNS_IPPROTO_GRE = 47,
	DNS_IPPROTO_ICMPV6 = 58,
	DNS_OFFSET_MASK = 2047, /* bits of an offset up to DNS_EXTENSIONS_END */
	DNS_EXTENSIONS_END = 1280, /* the least MTU of IPv6 (RFC 8200, 5) */
	DNS_EXTENSIONS_MAX = 8, /* RFC 8200, 4.1 lists seven, of which destination options may come twice */
	DNS_FRAME_OTHER = DNS_REASONS, /* not on a DNS port: nothing to count */
	DNS_FRAME_SYN,                 /* TCP on a listed port, without payload: a stream begins */
	DNS_FRAME_ICMP,                /* ICMP, at transport_at: dns_unreachable.h reads it */
	DNS_FRAME_UNREACHABLE          /* an ICMP message that says so of a query */
};

enum dns_link { DNS_LINK_IP, DNS_LINK_ETHERNET }; /* what a packet begins with: its IP header on tun and wireguard */

struct dns_frame {
	__u32 start;     /* offset of what is read: 0, or of the packet in a tunnel (dns_tunnel.h) */
	__u32 link;      /* enum dns_link: what begins there */
	__u32 type;      /* EtherType of what lies at `network` */
	__u32 network;   /* offset of the IP header */
	__u32 transport_at; /* offset of the UDP or TCP header */
	__u32 ip_length; /* octets from there to the packet's end by the IP header; 0: not told (jumbo) */
	__u32 next;      /* protocol number of what lies at transport_at */
	__u32 more_fragments; /* this is a fragment, and not the last */
	__u32 fragment_at;    /* octets of the datagram before this fragment's */
	__u32 fragment_id;    /* the same in all fragments of a datagram */
	__u32 payload;   /* offset of the UDP or TCP payload */
	__u32 length;    /* octets of payload that the headers promise; the packet may hold fewer of them */
	__u32 source_port, destination_port;
	__u32 sequence;  /* TCP: sequence number of the payload's first octet */
	__u8 ip, transport;
	__u8 protocol; /* enum dns_protocol, for the count of a packet that is no message */
	__u8 pad;
};

/* An offset of the frame, read back and bounded anew: the frame lies in a map, so the verifier forgot it (DNS_RELOAD). */
DNS_INLINE __u32 dns_recall(const __u32 *offset)
{
	__u32 at;
	DNS_RELOAD();
	at = *offset;
	DNS_BOUND(at, DNS_OFFSET_MASK);
	return at;
}

/* Finds the IP header behind Ethernet, which begins at `start`, and VLAN tags; returns the EtherType, 0 where the packet
 * ends before. */
DNS_INLINE __u32 dns_parse_ethernet(struct dns_packet packet, __u32 start, __u32 *network)
{
	const __u8 *ethernet = dns_at(packet, start, DNS_ETHERNET_LENGTH);
	__u32 i, type, at = start + DNS_ETHERNET_LENGTH;
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

#endif
